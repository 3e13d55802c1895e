"""Fuzz the filter's node over DDS: hostile messages on every topic, on a clock turned by hand.

    python tests/fuzz/node.py --messages 100000

Exit status 0 when the node survived and no published command left a limit, 1 otherwise.
"""

import argparse
from array import array
import math
import sys
import time

from builtin_interfaces.msg import Time
import numpy as np
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool, Float64
from std_srvs.srv import Trigger
from support.told_path import worst_excess
from tqdm import tqdm
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint
from vla_action_filter.ros.action_filter_node import ActionFilterNode
from vla_contract.deployment.cell import load_cell
from vla_contract.ros.free_domain import enter_own_domain
from vla_contract.ros.messages.joints import chunk_to_msg
from vla_contract.ros.messages.stamps import to_duration, to_time
from vla_contract.ros.qos import COMMAND, LATCHED, STATE
from vla_contract.stamps import from_stamp
from vla_contract.values import ActionChunk, to_ns

CELL = load_cell('panda_table')
DT = 1.0 / CELL.rates.filter_hz
# Of positions in float64 and of stamps in whole nanoseconds.
_ROUNDING = 1e-6
HOSTILE = (math.nan, math.inf, -math.inf, 1e300, -1e300, 5e-324)


class Attacker:
    """Publishes one hostile or plausible message at a time and turns the clock."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.node = rclpy.create_node('attacker')
        create = self.node.create_publisher
        self.clock = create(Clock, '/clock', 10)
        self.joints = create(JointState, 'joint_states', STATE)
        self.chunks = create(JointTrajectory, 'policy_chunk', COMMAND)
        self.e_stop = create(Bool, 'e_stop', LATCHED)
        self.scale = create(Float64, 'speed_scale', LATCHED)
        # The controller: where nobody listens to it, the filter moves nothing.
        commands = 'joint_trajectory_controller/joint_trajectory'
        self.node.create_subscription(JointTrajectory, commands, lambda msg: None, COMMAND)
        self.reset = self.node.create_client(Trigger, 'action_filter/reset')
        self.now_ns = to_ns(100.0)
        self.measured = CELL.home

    def tick(self) -> None:
        step_s = DT if self.rng.random() < 0.998 else float(self.rng.choice([-0.5, 0.1, 2.0]))
        self.now_ns = max(to_ns(1.0), self.now_ns + to_ns(step_s))
        self.clock.publish(Clock(clock=to_time(self.now_ns)))

    def names(self, order: np.ndarray) -> list[str]:
        names = [CELL.joint_names[i] for i in order]
        if self.rng.random() < 0.02:
            names[0] = str(self.rng.choice(['', 'nobody', names[1]]))
        return names

    def send_joints(self) -> None:
        order = self.rng.permutation(8)
        position = self.measured[order]
        if self.rng.random() < 0.02:
            position[self.rng.integers(8)] = self.rng.choice(HOSTILE)
        msg = JointState(name=self.names(order), position=array('d', position))
        if self.rng.random() < 0.02:
            msg.position = msg.position[: self.rng.integers(0, 8)]
        msg.header.stamp = self.stamp(0.01)
        self.joints.publish(msg)

    def stamp(self, hostile_share: float) -> Time:
        if self.rng.random() >= hostile_share:
            return to_time(self.now_ns)
        seconds = int(self.rng.choice([0, 2**31 - 1, 50, 99, 101, 10_000]))
        return Time(sec=seconds, nanosec=int(self.rng.choice([0, 999_999_999, 2**32 - 1])))

    def send_chunk(self) -> None:
        rng = self.rng
        order = rng.permutation(8)
        wild = rng.random() < 0.3
        steps = rng.normal(0.0, 1.0 if wild else 0.06, (int(rng.integers(1, 17)), 8))
        points = (self.measured + np.cumsum(steps, axis=0))[:, order]
        if rng.random() < 0.05:
            points[rng.integers(len(points)), rng.integers(8)] = rng.choice(HOSTILE)
        msg = chunk_to_msg(ActionChunk(self.now_ns, to_ns(0.1), points), self.names(order))
        msg.header.stamp = self.stamp(0.05)
        if rng.random() < 0.03:
            point = msg.points[int(rng.integers(len(msg.points)))]
            point.positions = point.positions[: rng.integers(0, 8)]
        if rng.random() < 0.03:
            msg.points[-1].time_from_start = to_duration(int(rng.integers(0, 10**9)))
        if rng.random() < 0.01:
            msg.points = []
        self.chunks.publish(msg)

    def disturb(self) -> None:
        kind = self.rng.integers(4)
        if kind == 0:
            self.e_stop.publish(Bool(data=bool(self.rng.random() < 0.2)))
        elif kind == 1:
            value = self.rng.choice([0.0, 0.1, 1.0, 1.0, math.nan, -1.0, 1e300])
            self.scale.publish(Float64(data=float(value)))
        elif kind == 2:
            self.chunks.publish(JointTrajectory(points=[JointTrajectoryPoint()]))
        else:
            self.reset.call_async(Trigger.Request())

    def send(self) -> None:
        kind = self.rng.random()
        if kind < 0.45:
            self.tick()
        elif kind < 0.92:
            self.send_joints()
        elif kind < 0.97:
            self.send_chunk()
        else:
            self.disturb()


class Judge:
    """Takes every action at its publisher, so that none is lost."""

    def __init__(self, node: ActionFilterNode, attacker: Attacker) -> None:
        self._attacker = attacker
        self._publish = node._report.action_pub.publish
        node._report.action_pub.publish = self.on_action
        self.stamps_ns: list[int] = []
        self.actions: list[np.ndarray] = []

    def on_action(self, msg: JointState) -> None:
        self.stamps_ns.append(from_stamp(msg.header.stamp))
        self.actions.append(np.array(msg.position))
        self._attacker.measured = self.actions[-1]
        self._publish(msg)


def fuzz(messages: int, seed: int) -> tuple[Judge, dict]:
    """Send messages and let the node work each one off."""
    attacker = Attacker(np.random.default_rng(seed))
    node = ActionFilterNode()
    node.set_parameters([Parameter('use_sim_time', value=True)])
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    executor.add_node(attacker.node)
    node.trigger_configure()
    node.trigger_activate()
    judge = Judge(node, attacker)
    deadline = time.monotonic() + 20.0
    while attacker.chunks.get_subscription_count() < 1 or not attacker.reset.service_is_ready():
        if time.monotonic() > deadline:
            raise RuntimeError('the node was not discovered within 20 s')
        executor.spin_once(timeout_sec=0.05)
    for _ in tqdm(range(messages), unit='message'):
        attacker.send()
        executor.spin_once(timeout_sec=0.0)
        executor.spin_once(timeout_sec=0.0)
    for _ in range(1000):
        executor.spin_once(timeout_sec=0.0)
    counters = dict(node._filter.counters)
    node.shut_down()
    executor.shutdown()
    node.destroy_node()
    attacker.node.destroy_node()
    return judge, counters


def main() -> int:
    """Run the fuzz."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--messages', type=int, default=10_000)
    parser.add_argument('--seed', type=int, default=0)
    args = parser.parse_args()
    enter_own_domain()
    rclpy.init()
    try:
        judge, counters = fuzz(args.messages, args.seed)
    finally:
        rclpy.try_shutdown()
    print(f'{args.messages} messages, {len(judge.actions)} actions; counters {counters}')
    if len(judge.actions) <= args.messages // 10:
        return 1
    excess = worst_excess(CELL, judge.stamps_ns, judge.actions)
    print('worst excess:', excess)
    return 0 if max(excess.values()) <= _ROUNDING else 1


if __name__ == '__main__':
    sys.exit(main())
