"""kill -9 of the policy server while the arm moves at full speed, again and again.

    python tests/kill_server.py --times 20

Exit status 0 when every command was within limits and every standstill came in time.
"""

import argparse
import os
from pathlib import Path
import signal
import sys
import tempfile

from conftest import wait_for
import numpy as np
import rclpy
from rclpy.qos import QoSProfile
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import JointState
from vla_contract.contract import load_contract
from vla_contract.ros.free_domain import enter_own_domain
from vla_contract.ros.stamps import from_stamp
from vla_rollout.ros.graph import RolloutGraph
from vla_rollout.stack import Stack

CONTRACT = load_contract('panda_2f85')
ARM = list(CONTRACT.arm)
DT = 1.0 / CONTRACT.rates.filter_hz
VELOCITY = np.array([CONTRACT.joints[i].velocity for i in ARM])
ACCELERATION = np.array([CONTRACT.joints[i].acceleration for i in ARM])
# Deadline of the chunk, braking from the speed limit, two filter periods.
LONGEST_S = CONTRACT.deadlines.chunk_age_s + float((VELOCITY / ACCELERATION).max()) + 2 * DT


class ActionLog:
    """The actions really sent, with their times and whether one before them was lost."""

    def __init__(self, node) -> None:
        self.rows: list[tuple[float, np.ndarray, int]] = []
        node.create_subscription(
            JointState, 'action_filter/action', self._on_action, QoSProfile(depth=1000)
        )

    def _on_action(self, msg: JointState, info) -> None:
        time_s = from_stamp(msg.header.stamp) / 1e9
        number = info['publication_sequence_number']
        self.rows.append((time_s, np.array(msg.position)[ARM], number))

    def speeds(self, start: int = 0) -> np.ndarray:
        """Return the speed of every action after the first, NaN where one was lost."""
        rows = self.rows[start:]
        speeds = np.diff(np.array([row[1] for row in rows]), axis=0) / DT
        speeds[np.diff([row[2] for row in rows]) != 1] = np.nan
        return speeds

    def is_still(self, count: int) -> bool:
        """Return whether the last actions are the same."""
        return len(self.rows) > count and not np.nanmax(np.abs(self.speeds(-count)))


def kill_once(stack: Stack, log: ActionLog) -> tuple[float, float]:
    """Kill at high speed; return the share of the speed limit and the time to standstill [s]."""
    start = len(log.rows)
    wait_for(
        lambda: (
            len(log.rows) > start + 20
            and np.nanmax(np.abs(log.speeds(-4)) / VELOCITY, initial=0.0) > 0.75
        ),
        60.0,
        'full speed',
    )
    os.kill(stack.pid('policy_server'), signal.SIGKILL)
    killed_s, first = log.rows[-1][0], len(log.rows)
    speed = float(np.nanmax(np.abs(log.speeds(-4)) / VELOCITY))
    wait_for(lambda: len(log.rows) > first + 30 and log.is_still(25), 30.0, 'standstill')
    moving = np.flatnonzero(np.nan_to_num(np.abs(log.speeds(first - 1)), nan=1.0).max(axis=1))
    stopped_s = log.rows[first + int(moving[-1])][0]
    return speed, stopped_s - killed_s


def main() -> int:
    """Run the kills and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--times', type=int, default=20)
    args = parser.parse_args()
    fast = {'policy_server': {'backend': 'full_speed_policy:make', 'policy_path': ''}}
    enter_own_domain()
    os.environ['PYTHONPATH'] = f'{Path(__file__).parent}:{os.environ.get("PYTHONPATH", "")}'
    context = rclpy.Context()
    rclpy.init(context=context, signal_handler_options=SignalHandlerOptions.NO)
    times = []
    with (
        tempfile.TemporaryDirectory() as folder,
        Stack('sim', Path(folder), context.get_domain_id(), fast) as stack,
    ):
        graph = RolloutGraph(context, CONTRACT, lambda: None)
        try:
            graph.wait_until_ready(60.0)
            log = ActionLog(graph._node)
            for k in range(args.times):
                speed, standstill_s = kill_once(stack, log)
                times.append(standstill_s)
                print(f'kill {k + 1:2d}: at {100 * speed:.0f} % of the speed limit, standstill '
                      f'after {standstill_s:.2f} s', flush=True)  # fmt: skip
                stack.start()
            speeds = log.speeds()
        finally:
            graph.close()
    rclpy.try_shutdown(context=context)
    fastest = float(np.nanmax(np.abs(speeds) / VELOCITY))
    hardest = float(np.nanmax(np.abs(np.diff(speeds, axis=0)) / DT / ACCELERATION))
    print(f'longest standstill {max(times):.2f} s of {LONGEST_S:.2f} s allowed')
    print(f'share of the limits in {len(log.rows)} actions: speed {fastest:.9f}, ', end='')
    print(f'acceleration {hardest:.9f}')
    is_good = max(times) <= LONGEST_S and fastest <= 1 + 1e-9 and hardest <= 1 + 1e-9
    return 0 if is_good else 1


if __name__ == '__main__':
    sys.exit(main())
