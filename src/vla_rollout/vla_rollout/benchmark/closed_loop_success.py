"""Success of a method in the simulator, through its command."""

from collections.abc import Mapping
import json
from pathlib import Path
import subprocess
import sys
import tempfile
from typing import Any

from vla_contract.errors import PolicyError
from vla_policy_server.precision.comparing.result import Success
from vla_rollout.benchmark.simulated_frames import last_line


def closed_loop_success(
    parts: Mapping[str, Any],
    precision: str,
    device: str,
    episodes: int,
    latency_s: float,
) -> Success:
    """Run counted episodes with the method, as late as it has been measured.

    Latency is part of the method: OpenVLA in INT8 lost 13 points of success on the robot for
    being slow, and none with blocking control (Kim et al., 'OpenVLA', 2024, table 2).

    Args:
        parts: arguments of `load_deployment`, of which the policy is measured.
        precision: name of the method.
        device: torch device.
        episodes: how many.
        latency_s: what an inference takes [s].

    Raises:
        PolicyError: the simulator could not run, or the policy never answered; says why.
    """
    with tempfile.TemporaryDirectory() as scratch:
        summary = Path(scratch) / 'summary.json'
        values = {
            **{f'--{part}': name for part, name in parts.items()},
            '--precision': precision,
            '--device': device,
            '--episodes': str(episodes),
            '--latency-s': f'{latency_s:.4f}',
            '--runs': scratch,
            '--json': str(summary),
        }
        command = [sys.executable, '-m', 'vla_rollout.simulation.simulate']
        command += [text for pair in values.items() for text in pair]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if not summary.is_file():
            raise PolicyError(f'the simulator did not finish: {last_line(run.stderr)}')
        found = json.loads(summary.read_text())
    if 'wilson_95' not in found:
        raise PolicyError(
            f'no episode had an answer of the policy ({found["last_inference_failure"]})'
        )
    return Success(found['successes'], found['episodes'], *found['wilson_95'])
