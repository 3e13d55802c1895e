"""Time the demo policy in this process and behind a worker on loopback, call by call in turn.

    python benchmarks/remote.py --inferences 200

The difference is what the wire costs: writing, both ways, reading. Calls alternate, so that the
machine's noise hits both alike.
"""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
import subprocess
import sys
import time

import numpy as np
from tqdm import trange
from vla_contract.deployment.deployment import load_deployment
from vla_contract.policy import Policy
from vla_contract.values import Observation
from vla_policy_server.backends.registry import make_policy
from vla_policy_server.precision.evidence import REFERENCE

WORKER = 'vla_policy_server.worker.policy_worker'


@contextmanager
def worker(policy: str) -> Iterator[str]:
    """Run a worker of a checkpoint; yields its URL."""
    command = [sys.executable, '-m', WORKER, '--port', '0', '--policy', policy]
    command += ['--precision', REFERENCE]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()


def seconds(policy: Policy, observation: Observation) -> float:
    started = time.perf_counter()
    policy.infer(observation)
    return time.perf_counter() - started


def line(name: str, times_s: list[float]) -> str:
    p50, p95, p99 = np.percentile(times_s, (50, 95, 99)) * 1e3
    return f'{name:<28}{p50:>10.2f}{p95:>10.2f}{p99:>10.2f}'


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--inferences', type=int, default=200)
    parser.add_argument('--policy', default='panda_lift_act')
    arguments = parser.parse_args()
    deployment = load_deployment(policy=arguments.policy)
    cell = deployment.cell
    rng = np.random.default_rng(0)
    images = {
        camera.name: rng.integers(0, 256, (camera.height, camera.width, 3), dtype=np.uint8)
        for camera in cell.cameras
    }
    near = make_policy(deployment, 'cpu', REFERENCE)
    times: dict[str, list[float]] = {'in this process': [], 'worker on loopback': []}
    wire: list[float] = []
    parts: dict[str, list[float]] = {}
    with worker(arguments.policy) as url:
        far = make_policy(load_deployment(policy=url, backend='remote'), 'cpu')
        for k in trange(arguments.inferences, unit='inference'):
            observation = Observation(k, cell.home, images, deployment.task.instruction)
            times['in this process'].append(seconds(near, observation))
            times['worker on loopback'].append(seconds(far, observation))
            durations = far.durations_ns
            for name, duration_ns in durations.items():
                parts.setdefault(name, []).append(duration_ns / 1e9)
            wire.append(times['worker on loopback'][-1] - durations['model'] / 1e9)
        far.close()
    print(f'{"[ms]":<28}{"p50":>10}{"p95":>10}{"p99":>10}')
    for name, values in times.items():
        print(line(name, values))
    print(line('worker, without the model', wire))
    for name, values in parts.items():
        print(line(f'  {name}', values))
    return 0


if __name__ == '__main__':
    sys.exit(main())
