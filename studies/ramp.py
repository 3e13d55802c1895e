"""How often a policy below the threshold ever gets faster in a slow start, however long it lasts.

Deployments are drawn for a policy whose success rate is the same at every speed. Of its failures
some end in an alarm, which lowers the speed and counts successes anew.

    python studies/ramp.py
"""

import argparse
from pathlib import Path
import sys

import numpy as np
from vla_contract.cli.command import command_parser, run_command, write_json
from vla_contract.cli.number_types import positive, share
from vla_rollout.deployment.slow_start import SlowStart
from vla_rollout.statistics.intervals import exact_interval, Interval

LENGTHS = (50, 200, 1000)
ALARMS = (0.0, 0.5, 1.0)
NEW = SlowStart('cell', 'policy', 'lerobot', {}, '')


def first_episodes(
    rate: float, alarms: float, most: int, rng: np.random.Generator
) -> tuple[int | None, int | None]:
    """Return after how many episodes a deployment got faster, and was rejected; None for never.

    It ends with either: what is faster has been so, and what is rejected never gets faster.

    Args:
        rate: success rate.
        alarms: share of the failures that end in an alarm.
        most: length of the deployment.
        rng: draws the outcomes.
    """
    state = NEW
    for number in range(1, most + 1):
        success = bool(rng.uniform() < rate)
        is_alarming = not success and bool(rng.uniform() < alarms)
        state = state.after(success, is_soft=True, is_alarming=is_alarming)
        if state.step > 0:
            return number, None
        if state.rejected is not None:
            return None, number
    return None, None


def shares_faster(
    rate: float, alarms: float, deployments: int, rng: np.random.Generator
) -> dict[int, Interval]:
    """Return, by length, in which share of the deployments the policy ever got faster."""
    found = [first_episodes(rate, alarms, max(LENGTHS), rng)[0] for _ in range(deployments)]
    counts = {
        length: sum(faster is not None and faster <= length for faster in found)
        for length in LENGTHS
    }
    return {length: exact_interval(count, deployments) for length, count in counts.items()}


def study(args: argparse.Namespace) -> int:
    """Print a table; status 1 where a bad policy gets faster more often than it may."""
    test = NEW.rule.test
    print(f'rate  alarms  share that ever gets faster, exact interval, within {LENGTHS} episodes')
    rows, is_good = [], True
    for rate in args.rates:
        for alarms in ALARMS:
            rng = np.random.default_rng(args.seed)
            shares = shares_faster(rate, alarms, args.deployments, rng)
            print(f'{rate:4.2f}  {alarms:6.1f}  ' + '  '.join(map(str, shares.values())))
            rows.append({'rate': rate, 'alarms': alarms, 'faster': shares})
            most = max(interval.lower for interval in shares.values())
            is_good &= rate > test.bad or most <= test.alpha
    if args.json:
        write_json(args.json, {'deployments': args.deployments, 'rows': rows})
    return 0 if is_good else 1


def main(argv: list[str] | None = None) -> int:
    """Run the study."""
    parser = command_parser(
        'studies.ramp',
        'How often a bad policy ever gets faster in a slow start.',
        'python studies/ramp.py --deployments 1000',
    )
    parser.add_argument('--deployments', type=positive, default=1000, help='of every kind')
    parser.add_argument('--rates', type=share, nargs='+', default=[0.5, 0.69, 0.8, 0.9, 0.95])
    parser.add_argument('--seed', type=positive, default=1, help='of the outcomes')
    parser.add_argument('--json', type=Path, help='also write the result here')
    args = parser.parse_args(argv)
    return run_command(lambda: study(args))


if __name__ == '__main__':
    sys.exit(main())
