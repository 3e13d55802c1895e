"""Frames recorded in the simulator, for who has no dataset."""

from pathlib import Path
import subprocess
import sys
import tempfile

from vla_contract.errors import PolicyError


def record_frames(robot: str, world: str, folder: Path) -> Path:
    """Return a small dataset of the scripted expert in a world; record it when there is none.

    In a process of its own, whose memory does not count as that of a method.

    Raises:
        PolicyError: it could not record; says why.
    """
    root = folder / f'frames-{Path(robot).stem}-{Path(world).stem}'
    if root.is_dir():
        return root
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        part = Path(scratch) / root.name
        command = [
            sys.executable,
            '-m',
            'vla_sim_bridge.demonstrations.make_dataset',
            '--episodes',
            '6',
        ]
        command += ['--output', str(part), '--robot', robot, '--world', world]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode != 0:
            raise PolicyError(
                f'no frames of {world} could be recorded ({last_line(run.stderr)}); '
                'give a dataset with --frames'
            )
        part.rename(root)
    return root


def last_line(text: str) -> str:
    """Return the last line a command has printed, which is where ours say what is wrong."""
    lines = text.strip().splitlines()
    return lines[-1] if lines else 'it printed nothing'
