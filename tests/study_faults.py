"""How well the diagnosis names injected faults: confusion matrix, false alarms, delay.

python tests/study_faults.py --episodes 20 --healthy 100 --json faults.json
"""

import argparse
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, replace
import multiprocessing
from pathlib import Path
import sys

from faults import Fault, FAULTS
import numpy as np
from tqdm import tqdm
from vla_action_filter.config import load_filter_config
from vla_contract.command import write_json
from vla_contract.contract import load_contract
from vla_contract.share import find_model
from vla_policy_server.backends.registry import make_policy
from vla_rollout.closed_loop import ClosedLoop
from vla_rollout.diagnosis.diagnosis import Diagnosis
from vla_rollout.diagnosis.healthy import FILE_NAME, load_healthy
from vla_rollout.diagnosis.taxonomy import Mode
from vla_sim_bridge.world_config import load_world_config

ROBOT, WORLD, POLICY = 'panda_2f85', 'lift_cube', 'panda_lift_act'
HEALTHY = Fault('healthy', (), {})
BY_NAME = {fault.name: fault for fault in (HEALTHY, *FAULTS)}
MODES = [*(mode for mode in Mode if mode not in (Mode.TIMEOUT, Mode.OPERATOR)), 'none']

_loops: dict[str, tuple[ClosedLoop, Diagnosis]] = {}


def build(fault: Fault) -> tuple[ClosedLoop, Diagnosis]:
    """Return the closed loop with a fault in it, and the diagnosis that watches it."""
    from faults import Spoiled
    import torch

    torch.set_num_threads(1)
    contract = load_contract(ROBOT)
    config = load_world_config(WORLD)
    config = replace(config, servo=replace(config.servo, measures_effort=True))
    world = fault.world_type(contract, fault.world(config) if fault.world else config)
    policy = make_policy('lerobot', contract, POLICY, 'cpu')
    if fault.spoil:
        policy = Spoiled(policy, fault.spoil(contract))
    diagnosis = Diagnosis(contract, load_healthy(find_model(POLICY) / FILE_NAME, contract))
    settings = {'execute_steps': 8, 'latency_s': 0.06, **fault.settings}
    loop = ClosedLoop(
        world, policy, load_filter_config(None, ROBOT), observers=(diagnosis,), **settings
    )
    return loop, diagnosis


def run(task: tuple[str, int]) -> dict[str, object]:
    """Run one episode; return what was diagnosed."""
    name, seed = task
    if name not in _loops:
        _loops.clear()
        _loops[name] = build(BY_NAME[name])
    loop, diagnosis = _loops[name]
    result = loop.run(seed)
    alarms = [
        {'cause': a.cause.name, 'mode': a.cause.mode, 'at_s': a.at_s,
         'score': a.score, 'threshold': a.threshold}
        for a in diagnosis.alarms
    ]  # fmt: skip
    return {
        'fault': name,
        'seed': seed,
        'success': result.success,
        'mode': diagnosis.mode or 'none',
        'alarms': alarms,
        'duration_s': result.duration_s,
    }


def main() -> int:
    """Run the study and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--episodes', type=int, default=20)
    parser.add_argument('--healthy', type=int, default=100)
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
        episodes = list(tqdm(pool.map(run, tasks, chunksize=chunks), total=len(tasks)))
    print(f'{"injected":28s} ' + ' '.join(f'{mode:>16s}' for mode in MODES))
    for name in args.faults:
        rows = [e for e in episodes if e['fault'] == name]
        modes = Counter(e['mode'] for e in rows)
        hit = [e for e in rows if e['mode'] in BY_NAME[name].modes]
        cells = ' '.join(f'{modes.get(mode, 0):16d}' for mode in MODES)
        successes = sum(bool(e['success']) for e in rows)
        late = [e['alarms'][0]['at_s'] for e in hit]
        delay = f'median {np.median(late):.2f} s' if late else ''
        print(f'{name:28s} {cells}   named {len(hit)}/{len(rows)} success {successes} {delay}')
        first = Counter(' '.join(a['cause'] for a in e['alarms'][:4]) for e in rows)
        print(
            '    ' + '; '.join(f'{n} x {order or "no alarm"}' for order, n in first.most_common(4))
        )
    if args.json:
        settings = {name: asdict(BY_NAME[name])['settings'] for name in args.faults}
        write_json(args.json, {'settings': settings, 'episodes': episodes})
    return 0


if __name__ == '__main__':
    sys.exit(main())
