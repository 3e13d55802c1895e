"""End a rollout in every way that comes to mind, while a policy drives a fake robot.

    python benchmarks/endurance/end_rollout.py --times 5 --json runs/endings.json

For each: how long after it the commanded arm still moved. Exit status 1 when that was longer than
a second, or when a rollout that should have ended did not. Two ways have more time, because
something else has to be missed first: a recorder's status, and a policy's chunks.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
import os
from pathlib import Path
from signal import SIGHUP, SIGINT, SIGKILL, Signals, SIGSEGV, SIGSTOP, SIGTERM, SIGUSR1
import sys
import tempfile

from support.ending_bench import CELL, ending_bench, EndingBench
from support.waiting import wait_for
from vla_contract.cli.command import DONE, NOT_GOOD_ENOUGH, write_json
from vla_contract.ros.free_domain import enter_own_domain

Step = Callable[[EndingBench], object]
AT_REST_S = 1.0
# A recorder is missed after two seconds of silence, and speaks four times a second.
_RECORDER_S = 2.5
# A plan that nobody renews is followed for so long, and then there is the way to rest.
_CHUNK_S = CELL.deadlines.chunk_age_s + 0.5


@dataclass(frozen=True)
class Way:
    """How a rollout ends.

    Attributes:
        end: does it; the arm must be at rest a second after its beginning.
        before: what happens before that.
        fault: of faulty_rollout.py, '' for none.
        ends: whether the process of the rollout is gone afterwards.
        allowed_s: how long the arm may still move [s].
    """

    end: Step
    before: Step = lambda bench: None
    fault: str = ''
    ends: bool = True
    allowed_s: float = AT_REST_S


def signals(*numbers: Signals) -> Step:
    """Return a step that sends signals to the rollout, one right after the other."""
    return lambda bench: bench.send(*numbers)


def kill(name: str, number: Signals = SIGKILL) -> Step:
    """Return a step that sends a signal to a process of the stack."""
    return lambda bench: bench.kill(name, number)


_INTERRUPT, _LOOSE = signals(SIGINT), signals(SIGUSR1)
WAYS = {
    'SIGINT': Way(_INTERRUPT),
    'SIGTERM': Way(signals(SIGTERM)),
    'SIGHUP': Way(signals(SIGHUP)),
    'SIGINT and SIGTERM': Way(signals(SIGINT, SIGTERM)),
    'kill -9': Way(signals(SIGKILL)),
    'crash': Way(signals(SIGSEGV)),
    'SIGSTOP': Way(signals(SIGSTOP), ends=False),
    'callback raises': Way(_LOOSE, fault='callback raises'),
    'callback hangs': Way(_LOOSE, fault='callback hangs', ends=False),
    'loop raises': Way(_LOOSE, fault='loop raises'),
    'loop hangs': Way(_LOOSE, fault='loop hangs', ends=False),
    'video on a full disk': Way(_LOOSE, fault='video on a full disk'),
    'summary on a full disk': Way(
        lambda bench: bench.call('rollout/failure'), _LOOSE, 'summary on a full disk'
    ),
    'recorder killed': Way(kill('recorder'), allowed_s=AT_REST_S + _RECORDER_S),
    'policy server killed': Way(kill('policy_server'), ends=False, allowed_s=_CHUNK_S),
    'policy server hangs, SIGINT': Way(_INTERRUPT, kill('policy_server', SIGSTOP)),
    'supervisor killed, SIGINT': Way(_INTERRUPT, kill('supervisor')),
    'bad images, SIGINT': Way(_INTERRUPT, EndingBench.show_bad_images),
}
UNWATCHED = ('kill -9', 'crash', 'SIGSTOP', 'callback hangs', 'loop hangs')
"""Here the action filter brakes, because nobody is heard to watch."""


def rehearse(bench: EndingBench, name: str) -> tuple[float, str]:
    """End a rollout; return how long the arm still moved [s], and what is wrong with that."""
    way = WAYS[name]
    bench.begin(way.fault)
    try:
        way.before(bench)
        since_ns = bench.newest_ns()
        way.end(bench)
        moved_s = bench.moved_after_s(since_ns)
        if moved_s > way.allowed_s:
            return moved_s, f'allowed: {way.allowed_s:g} s; it said: {bench.said}'
        if way.ends:
            wait_for(lambda: bench.rollout.poll() is not None, 10.0, f'an end; {bench.said}')
        return moved_s, ''
    finally:
        bench.settle()


def main() -> int:
    """Run the rehearsal and print a line for each ending."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--times', type=int, default=5)
    parser.add_argument('--ways', nargs='*', choices=WAYS, default=list(WAYS))
    parser.add_argument('--json', type=Path)
    args = parser.parse_args()
    enter_own_domain()
    domain_id = int(os.environ['ROS_DOMAIN_ID'])
    rows = []
    with (
        tempfile.TemporaryDirectory() as folder,
        ending_bench(Path(folder), domain_id) as bench,
    ):
        for name in args.ways * args.times:
            moved_s, problem = rehearse(bench, name)
            rows.append({'way': name, 'moved_s': moved_s, 'problem': problem})
            print(f'{name}: moved for {moved_s:.2f} s; {problem or "good"}', flush=True)
    bad = sum(bool(row['problem']) for row in rows)
    print(f'{len(rows) - bad} of {len(rows)} at rest in time')
    if args.json:
        write_json(args.json, {'rows': rows})
    return NOT_GOOD_ENOUGH if bad else DONE


if __name__ == '__main__':
    sys.exit(main())
