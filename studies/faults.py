"""How well the diagnosis detects and names injected faults: confusion matrix, false alarms, delay.

python studies/faults.py --episodes 20 --healthy 100 --json faults.json

Its seeds are none of those from which the thresholds were learned (5000 to 5259) nor of those on
which faults, detectors and names were developed (7000, 7100 and 7200 up).
"""

import argparse
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
import multiprocessing
from pathlib import Path
import sys
from typing import Any

from injected_faults import Fault, FAULTS, Spoiled
import numpy as np
from tqdm import tqdm
from vla_action_filter.config import load_filter_config
from vla_contract.cli.command import DONE, NOT_GOOD_ENOUGH, write_json
from vla_contract.deployment.deployment import Deployment, load_deployment
from vla_policy_server.backends.registry import make_policy
from vla_rollout.diagnosis.alarm import naming_alarm
from vla_rollout.diagnosis.cause import Mode
from vla_rollout.diagnosis.diagnosis import Diagnosis, diagnosis_of
from vla_rollout.diagnosis.healthy import find_healthy
from vla_rollout.diagnosis.training import find_training
from vla_rollout.episodes.cycle import CycleObserver
from vla_rollout.episodes.in_process.closed_loop import ClosedLoop

DEPLOYMENT = 'panda_lift_cube_effort'
HEALTHY = Fault('healthy', (), {})
BY_NAME = {fault.name: fault for fault in (HEALTHY, *FAULTS)}
NONE = 'no alarm'
COLUMNS = (*(mode for mode in Mode if mode not in (Mode.TIMEOUT, Mode.OPERATOR)), NONE)
# A healthy episode takes 2 s; who has seen nothing after three times as long has missed it.
TIME_LIMIT_S = 6.0
DETECTED, FALSE_ALARMS = 0.9, 0.05


@dataclass(frozen=True)
class Diagnosed:
    """What the diagnosis said of one episode.

    Attributes:
        fault: name of the fault.
        seed: seed of the episode.
        success: whether the task was done all the same.
        mode: that the diagnosis names.
        alarms: cause, mode and time [s] of each alarm, in order.
    """

    fault: str
    seed: int
    success: bool
    mode: str
    alarms: tuple[tuple[str, str, float], ...]

    @property
    def is_named(self) -> bool:
        """Whether a healthy episode has no alarm, or a faulty one the name of its fault."""
        return self.mode in (BY_NAME[self.fault].modes or (NONE,))

    @property
    def detected_at_s(self) -> float | None:
        """When the first alarm with a mode of the fault came [s], None when none came."""
        modes = BY_NAME[self.fault].modes
        return next((at_s for _, mode, at_s in self.alarms if mode in modes), None)

    @property
    def is_detected(self) -> bool:
        """Whether a healthy episode has no alarm, or a fault any alarm with one of its modes."""
        return self.is_named or self.detected_at_s is not None


def deployed(fault: Fault) -> Deployment:
    """Return the deployment with what a fault changes in it."""
    changes = {'task.time_limit_s': TIME_LIMIT_S, **fault.overrides}
    return load_deployment(DEPLOYMENT, overrides=changes)


def build(fault: Fault, observers: Sequence[CycleObserver]) -> ClosedLoop:
    """Return the closed loop with a fault in it."""
    import torch

    torch.set_num_threads(1)
    deployment = deployed(fault)
    world = fault.world_type(deployment)
    policy = make_policy(deployment, 'cpu')
    if fault.spoil:
        policy = Spoiled(policy, fault.spoil(deployment.cell))
    settings = {'execute_steps': 4, 'latency_s': 0.06, **fault.settings}
    return ClosedLoop(world, policy, load_filter_config(None), observers=observers, **settings)


@lru_cache(maxsize=1)
def watched(name: str) -> tuple[ClosedLoop, Diagnosis]:
    """Return the loop of a fault and the diagnosis that watches it."""
    deployment = load_deployment(DEPLOYMENT)
    diagnosis = diagnosis_of(deployment, find_healthy(deployment), find_training(deployment))
    return build(BY_NAME[name], (diagnosis,)), diagnosis


def run(task: tuple[str, int]) -> Diagnosed:
    """Run one episode; return what was diagnosed."""
    name, seed = task
    loop, diagnosis = watched(name)
    success = loop.run(seed).success
    named = naming_alarm(diagnosis.alarms)
    alarms = tuple((a.cause.name, str(a.cause.mode), a.at_s) for a in diagnosis.alarms)
    mode = str(named.cause.mode) if named else NONE
    return Diagnosed(name, seed, success, mode, alarms)


def row(name: str, episodes: Sequence[Diagnosed]) -> dict[str, Any]:
    """Return what became of the episodes of one fault."""
    delays = [e.detected_at_s for e in episodes if e.detected_at_s is not None]
    first = Counter(e.alarms[0][0] if e.alarms else NONE for e in episodes)
    return {
        'fault': name,
        'expected': list(BY_NAME[name].modes) or [NONE],
        'episodes': len(episodes),
        'modes': {mode: sum(e.mode == mode for e in episodes) for mode in COLUMNS},
        'detected': sum(e.is_detected for e in episodes),
        'named': sum(e.is_named for e in episodes),
        'successes': sum(e.success for e in episodes),
        'median_delay_s': float(np.median(delays)) if delays else None,
        'first_alarms': dict(first.most_common()),
    }


def markdown(rows: Sequence[dict[str, Any]]) -> str:
    """Return the confusion matrix of names; 'detected' counts alarms that did not name it too."""
    heads = ('injected', *COLUMNS, 'named', 'detected', 'successes', 'median delay')
    lines = [heads, ('---',) * len(heads)]
    for r in rows:
        cells = (str(n) if n else '' for n in r['modes'].values())
        delay = r['median_delay_s']
        lines.append(
            (
                r['fault'],
                *cells,
                f'{r["named"]}/{r["episodes"]}',
                f'{r["detected"]}/{r["episodes"]}',
                str(r['successes']),
                '' if delay is None else f'{delay:.2f} s',
            )
        )
    return '\n'.join(f'| {" | ".join(line)} |' for line in lines)


def passes(r: dict[str, Any]) -> bool:
    """Return whether enough of a row was named, or hardly ever an alarm rang when healthy."""
    share = r['named'] / r['episodes']
    return bool(share >= (1.0 - FALSE_ALARMS if r['fault'] == HEALTHY.name else DETECTED))


def main() -> int:
    """Run the study and print it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('--episodes', type=int, default=20, help='per fault')
    parser.add_argument('--healthy', type=int, default=100, help='episodes without a fault')
    parser.add_argument('--first-seed', type=int, default=9000)
    parser.add_argument('--faults', nargs='*', default=list(BY_NAME), choices=list(BY_NAME))
    parser.add_argument('--workers', type=int, default=2)
    parser.add_argument('--json', type=Path)
    args = parser.parse_args()
    count = {name: args.healthy if name == 'healthy' else args.episodes for name in args.faults}
    tasks = [(name, args.first_seed + k) for name in args.faults for k in range(count[name])]
    context = multiprocessing.get_context('spawn')
    with ProcessPoolExecutor(args.workers, context) as pool:
        chunks = max(1, min(count.values()) // args.workers)
        done = list(tqdm(pool.map(run, tasks, chunksize=chunks), total=len(tasks)))
    rows = [row(name, [e for e in done if e.fault == name]) for name in args.faults]
    print(markdown(rows))
    for r in rows:
        print(f'{r["fault"]}: {", ".join(f"{n} x {c}" for c, n in r["first_alarms"].items())}')
    if args.json:
        write_json(args.json, {'rows': rows, 'episodes': [vars(e) for e in done]})
    return DONE if all(map(passes, rows)) else NOT_GOOD_ENOUGH


if __name__ == '__main__':
    sys.exit(main())
