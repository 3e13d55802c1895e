"""The part of the checklist that needs the running robot: rates, clocks, emergency stop."""

from collections import defaultdict
from collections.abc import Callable, Iterator
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
import numpy as np
import rclpy
from rclpy.node import Node
from rclpy.parameter import Parameter
from sensor_msgs.msg import Image, JointState
from std_msgs.msg import Bool
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory
from vla_calibration.joint_trajectory import chunk_of, excitation_of
from vla_contract.contract import RobotContract
from vla_contract.errors import VlaError
from vla_contract.ros.joint_conversion import chunk_to_msg, JointReader
from vla_contract.ros.qos import COMMAND, LATCHED, SENSOR, STATE
from vla_contract.ros.stamps import from_stamp
from vla_contract.values import to_ns, Vector
from vla_rollout.preflight.finding import Finding, measured, unknown

_LISTEN_S = 5.0
_CLOCK_S = 0.1
# A stop from such a sway is over in a few cycles; a second is what a person calls at once.
_STANDSTILL_S = 1.0
_STILL_RAD = 1e-3
_SWAY_RAD, _SWAY_S = 0.05, 2.0


class PreflightGraph(Node):
    """Listens to the robot, and stops it once to see that it stops."""

    def __init__(self, contract: RobotContract) -> None:
        """Subscribe; nothing is commanded before `check_e_stop`."""
        super().__init__('preflight')
        self._contract = contract
        self._reader = JointReader(contract.joint_names, 'joint_states')
        self._arrivals: dict[str, list[int]] = defaultdict(list)
        self._ages: dict[str, list[float]] = defaultdict(list)
        self._positions: list[tuple[int, Vector]] = []
        self._status = ''
        self._e_stop = self.create_publisher(Bool, 'e_stop', LATCHED)
        self.create_subscription(JointState, 'joint_states', self._on_joints, SENSOR)
        self.create_subscription(DiagnosticStatus, 'action_filter/status', self._on_status, STATE)
        for camera in contract.cameras:
            topic = f'{camera.topic}/image_raw'
            self.create_subscription(
                Image, topic, lambda msg, topic=topic: self._on_stamp(topic, msg), SENSOR
            )

    def listen(self) -> None:
        """Take in the topics for a few seconds, with the clock they are stamped by."""
        self._spin_until(lambda: bool(self._positions), 2.0)
        if self.count_publishers('/clock') > 0:
            self.set_parameters([Parameter('use_sim_time', value=True)])
            self._spin_until(lambda: self.now_ns() > 0, 5.0)
        self._arrivals.clear()
        self._ages.clear()
        self._spin_until(lambda: False, _LISTEN_S)

    def now_ns(self) -> int:
        """Return the time of the node's clock [ns]."""
        return int(self.get_clock().now().nanoseconds)

    def check_rates(self) -> Iterator[Finding]:
        """Yield the rate of joint_states and of every camera."""
        wanted = {'joint_states': self._contract.rates.joint_states_hz}
        wanted |= {f'{c.topic}/image_raw': c.rate_hz for c in self._contract.cameras}
        for topic, rate_hz in wanted.items():
            arrivals = self._arrivals[topic]
            item, allowed = f'rate of {topic}', f'>= {0.8 * rate_hz:.0f} Hz'
            fix = 'check driver, network and QoS (config/dds)'
            if len(arrivals) < 2:
                yield unknown(item, 'nothing arrives', allowed, fix)
                continue
            found_hz = (len(arrivals) - 1) * 1e9 / (arrivals[-1] - arrivals[0])
            yield measured(item, found_hz >= 0.8 * rate_hz, f'{found_hz:.1f} Hz', allowed, fix)

    def check_clocks(self) -> Iterator[Finding]:
        """Yield how far the stamps of every stream are from this machine's clock."""
        deadlines = self._contract.deadlines
        for topic, ages in self._ages.items():
            is_image = topic.endswith('image_raw')
            oldest_s = deadlines.image_age_s if is_image else deadlines.joint_state_age_s
            median_s = float(np.median(ages))
            yield measured(
                f'clock offset of {topic}',
                -_CLOCK_S < median_s < oldest_s,
                f'stamped {median_s * 1e3:.0f} ms ago',
                f'-{_CLOCK_S * 1e3:.0f} to {oldest_s * 1e3:.0f} ms',
                'synchronise the clocks (chrony); stamp at capture, not on delivery',
            )

    def check_e_stop(self) -> Finding:
        """Sway one joint, press in mid-motion, and see that the arm stops, stays and is reset."""
        item = 'emergency stop of the filter'
        allowed = f'at rest within {_STANDSTILL_S:g} s, latched until reset'
        fix = 'check that the topic e_stop reaches the action filter'
        if not self._positions:
            return unknown(item, 'no joint_states', allowed, fix)
        if self.count_publishers('policy_chunk') > 0:
            why = 'policy_chunk has a publisher: the policy server must not run'
            return unknown(item, why, allowed, 'stop or deactivate the policy server')
        publisher = self.create_publisher(JointTrajectory, 'policy_chunk', COMMAND)
        try:
            return self._stop_in_motion(publisher, item, allowed, fix)
        finally:
            self.destroy_publisher(publisher)

    def _stop_in_motion(self, publisher: Any, item: str, allowed: str, fix: str) -> Finding:
        contract, start = self._contract, self._positions[-1][1]
        joint = contract.joint_names[contract.arm[-1]]
        sway = excitation_of(contract, start, [joint], _SWAY_RAD, _SWAY_S)
        begin_ns = self.now_ns()

        def moved() -> bool:
            chunk = chunk_of(sway, begin_ns, self.now_ns(), contract.action.fps, 1.0)
            publisher.publish(chunk_to_msg(chunk, contract.joint_names))
            return bool(np.abs(self._positions[-1][1] - start).max() > _SWAY_RAD / 2)

        if not self._spin_until(moved, 3 * _SWAY_S + 5.0):
            return unknown(item, 'the arm did not move', allowed, 'is the filter active?')
        pressed_ns = self.now_ns()
        self._e_stop.publish(Bool(data=True))
        self._spin_until(lambda: self.now_ns() - pressed_ns > to_ns(2 * _STANDSTILL_S), 10.0)
        after = [(t, q) for t, q in self._positions if t >= pressed_ns]
        last = after[-1][1] if after else start
        moving = [t for t, q in after if np.abs(q - last).max() > _STILL_RAD]
        stop_s = ((moving[-1] - pressed_ns) / 1e9) if moving else 0.0
        is_latched = 'latched' in self._status
        self._e_stop.publish(Bool(data=False))
        self._spin_until(lambda: 'released' in self._status, 3.0)
        stays = 'latched' in self._status
        problem = self._reset()
        found = (
            f'at rest after {stop_s:.2f} s, {"latched" if is_latched else "NOT latched"}, '
            f'{"stays so when released" if stays else "LEAVES when released"}, '
            f'{problem or "reset"}'
        )
        holds = stop_s <= _STANDSTILL_S and is_latched and stays and not problem
        return measured(item, holds, found, allowed, fix)

    def _reset(self) -> str:
        """Leave the latch; returns '' or why not."""
        client = self.create_client(Trigger, 'action_filter/reset')
        if not self._spin_until(client.service_is_ready, 5.0):
            return 'no service action_filter/reset'
        future = client.call_async(Trigger.Request())
        if not self._spin_until(future.done, 5.0):
            return 'action_filter/reset does not answer'
        answer = future.result()
        return '' if answer.success else f'reset refused: {answer.message}'

    def _on_joints(self, msg: JointState) -> None:
        self._on_stamp('joint_states', msg)
        try:
            sample = self._reader.sample(msg)
        except VlaError as error:
            self.get_logger().error(str(error), throttle_duration_sec=5.0)
            return
        self._positions.append((sample.stamp_ns, sample.position))

    def _on_stamp(self, topic: str, msg: Any) -> None:
        self._arrivals[topic].append(time.monotonic_ns())
        self._ages[topic].append((self.now_ns() - from_stamp(msg.header.stamp)) / 1e9)

    def _on_status(self, msg: DiagnosticStatus) -> None:
        self._status = msg.message

    def _spin_until(self, condition: Callable[[], bool], timeout_s: float) -> bool:
        deadline = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > deadline:
                return False
            rclpy.spin_once(self, timeout_sec=0.02)
        return True
