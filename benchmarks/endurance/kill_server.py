"""kill -9 of the policy server while the arm moves at full speed, again and again.

    python benchmarks/endurance/kill_server.py --times 20

Exit status 0 when every command was within limits and every standstill came in time.
"""

import argparse
import os
from pathlib import Path
import signal
import sys
import tempfile

import rclpy
from rclpy.signals import SignalHandlerOptions
from support.python_path import python_path
from support.told_path import ActionLog
from support.waiting import wait_for
from vla_contract.deployment.cell import load_cell
from vla_contract.ros.free_domain import enter_own_domain
from vla_rollout.graph.ros.graph import RolloutGraph
from vla_rollout.graph.stack import Stack

CELL = load_cell('panda_table')
DT = 1.0 / CELL.rates.filter_hz
BRAKING_S = max(CELL.joints[i].velocity / CELL.joints[i].acceleration for i in CELL.arm)
# Deadline of the chunk, braking from the speed limit, two filter periods.
LONGEST_S = CELL.deadlines.chunk_age_s + BRAKING_S + 2 * DT


def kill_once(stack: Stack, log: ActionLog) -> tuple[float, float]:
    """Kill at high speed; return the share of the speed limit and the time to standstill [s]."""
    start = len(log.times_ns) + 20
    wait_for(
        lambda: len(log.times_ns) > start and log.speed(len(log.times_ns) - 4) > 0.75,
        60.0,
        'full speed',
    )
    os.kill(stack.pid('policy_server'), signal.SIGKILL)
    killed_ns, speed = log.times_ns[-1], log.speed(len(log.times_ns) - 4)
    wait_for(log.is_silent, 30.0, 'standstill')
    return speed, (log.stopped_ns() - killed_ns) / 1e9


def main() -> int:
    """Run the kills and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--times', type=int, default=20)
    args = parser.parse_args()
    fast = {'policy_server': {'backend': 'support.full_speed_policy:make'}}
    enter_own_domain()
    os.environ['PYTHONPATH'] = python_path()
    context = rclpy.Context()
    rclpy.init(context=context, signal_handler_options=SignalHandlerOptions.NO)
    times = []
    with (
        tempfile.TemporaryDirectory() as folder,
        Stack('sim', Path(folder), context.get_domain_id(), fast) as stack,
    ):
        graph = RolloutGraph(context, CELL, lambda: None)
        try:
            graph.wait_until_ready(60.0)
            log = ActionLog(graph._node, CELL)
            for k in range(args.times):
                speed, standstill_s = kill_once(stack, log)
                times.append(standstill_s)
                print(f'kill {k + 1:2d}: at {100 * speed:.0f} % of the speed limit, standstill '
                      f'after {standstill_s:.2f} s', flush=True)  # fmt: skip
                stack.start()
        finally:
            graph.close()
    rclpy.try_shutdown(context=context)
    fastest, hardest = log.speed(), log.acceleration()
    print(f'longest standstill {max(times):.2f} s of {LONGEST_S:.2f} s allowed')
    print(f'share of the limits in {len(log.path)} actions: speed {fastest:.9f}, ', end='')
    print(f'acceleration {hardest:.9f}')
    is_good = max(times) <= LONGEST_S and fastest <= 1 + 1e-9 and hardest <= 1 + 1e-9
    return 0 if is_good else 1


if __name__ == '__main__':
    sys.exit(main())
