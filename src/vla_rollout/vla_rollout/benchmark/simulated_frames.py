"""Frames recorded in the simulator, for who has no dataset."""

from collections.abc import Mapping
from pathlib import Path
import subprocess
import sys
import tempfile
from typing import Any

from vla_contract.deployment.deployment import load_deployment
from vla_contract.errors import PolicyError


def record_frames(parts: Mapping[str, Any], folder: Path) -> Path:
    """Return a small dataset of the scripted expert at a task; record it when there is none.

    In a process of its own, whose memory does not count as that of a method.

    Args:
        parts: arguments of `load_deployment` that name deployment, cell and task.
        folder: where it is kept.

    Raises:
        VlaError: there is no such deployment, or it could not record; says why.
    """
    deployment = load_deployment(**parts)
    root = folder / f'frames-{deployment.name}-{deployment.sha256[:8]}'
    if root.is_dir():
        return root
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        output = Path(scratch) / root.name
        command = [
            sys.executable,
            '-m',
            'vla_sim_bridge.demonstrations.make_dataset',
            '--episodes',
            '6',
        ]
        command += ['--output', str(output)]
        command += [text for part, name in parts.items() for text in (f'--{part}', name)]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode != 0:
            raise PolicyError(
                f'no frames of {deployment.name} could be recorded ({last_line(run.stderr)}); '
                'give a dataset with --frames'
            )
        output.rename(root)
    return root


def last_line(text: str) -> str:
    """Return the last line a command has printed, which is where ours say what is wrong."""
    lines = text.strip().splitlines()
    return lines[-1] if lines else 'it printed nothing'
