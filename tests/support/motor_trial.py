"""The filter in front of the double of ros2_control, in simulated time: what do the motors get?"""

from collections.abc import Callable
import heapq

import numpy as np
from support.fake_robot.arm import ServoModel
from support.fake_robot.motor_log import motor_report, MotorReport
from support.fake_robot.ros2_control import Ros2Control
from support.fake_robot.setups import setup
from vla_action_filter.config import FilterConfig
from vla_action_filter.output.command_curve import Knot, motion_at
from vla_action_filter.output.command_loop import CommandLoop, Orders
from vla_action_filter.ros.channels.trajectory_sender import trajectory_msg
from vla_contract.deployment.cell import load_cell
from vla_contract.values import ActionChunk, JointSample, to_ns

CELL = load_cell('panda_table')
JOINTS = list(CELL.joint_names)
VELOCITY = {joint.name: joint.velocity for joint in CELL.joints}
ACCELERATION = {joint.name: joint.acceleration for joint in CELL.joints}
MS = 1_000_000
PERIOD_NS = 10 * MS
# As the thread of a forward channel.
_FORWARD_NS = 2 * MS


class MotorTrial:
    """A filter, a way for its messages that takes time, controllers, and an arm that lags.

    Attributes:
        robot: the double.
        loop: the filter with its curve.
        statuses: verdict and reason of every change.
    """

    def __init__(
        self,
        name: str,
        lag_s: float = 0.02,
        is_desired: bool = True,
        seed: int = 0,
        late_ms: float = 8.0,
        delivery_ms: float = 3.0,
        sag: dict[str, float] | None = None,
        update_rate_hz: float = 1000.0,
    ) -> None:
        """Start a set-up of `support.fake_robot.setups` with everything at rest.

        Args:
            name: of the set-up.
            lag_s: of every servo; its dead time is a quarter of that [s].
            is_desired: interpolate_from_desired_state of every trajectory controller.
            seed: of cycle and delivery times.
            late_ms: a cycle comes late by up to that [ms].
            delivery_ms: a message takes up to that [ms].
            sag: joint name to the error that its servo leaves for ever [rad].
            update_rate_hz: of the controller manager.
        """
        servo = ServoModel(lag_s, lag_s / 4.0, sag or {})
        self.robot = Ros2Control(
            setup(name, lag_s, is_desired, servo=servo, update_rate_hz=update_rate_hz)
        )
        self.robot.advance_to(self.robot.now_ns + 500 * MS)
        self.robot.log.clear()
        self.loop = CommandLoop(CELL, FilterConfig())
        self.statuses: list[str] = []
        self.policy: Callable[[int], ActionChunk] | None = None
        self._rng = np.random.default_rng(seed)
        self._late_ms, self._delivery_ms = late_ms, delivery_ms
        self._mail: list[tuple[int, int, Callable[[], object]]] = []
        self._posted = self._cycles = 0
        self._begin_ns = self._arrives_ns = self._now_ns = self.robot.now_ns
        self._asked: list[np.ndarray] = []
        self._goal: float | None = None
        self._played: tuple[Knot, ...] = ()

    @property
    def now_ns(self) -> int:
        """Time of the newest cycle [ns]."""
        return self._now_ns

    def sway(
        self, amplitude: float = 0.3, hz: float = 0.3, home: np.ndarray | None = None
    ) -> None:
        """Have a policy sway two joints from where they are, and open and close the fingers."""
        start_ns = self.now_ns
        home = np.array(self.robot.arm.position) if home is None else home

        def policy(now_ns: int) -> ActionChunk:
            t = (now_ns - start_ns) * 1e-9 + 0.1 * np.arange(16)
            positions = np.tile(home, (16, 1))
            positions[:, [0, 6]] += amplitude * 0.5 * (1.0 - np.cos(2 * np.pi * hz * t))[:, None]
            positions[:, -1] = np.where(t % 2.0 < 1.0, 0.0, 0.6)
            return ActionChunk(now_ns, 100 * MS, positions)

        self.policy = policy

    def run(self, seconds: float, stall_ms: float = 0.0) -> None:
        """Run cycles; the first one comes late by `stall_ms` in addition [ms]."""
        for k in range(round(seconds * 100)):
            self._cycles += 1
            late_ms = self._rng.uniform(0.0, self._late_ms) + (stall_ms if k == 0 else 0.0)
            at_ns = self._begin_ns + self._cycles * PERIOD_NS + to_ns(late_ms / 1e3)
            self._pass_time(max(at_ns, self.now_ns + 1))
            self._cycle()

    def kill(self, seconds: float) -> None:
        """Let time pass without a filter."""
        self._played = ()
        self._pass_time(self.now_ns + to_ns(seconds))
        self._cycles = (self.now_ns - self._begin_ns) // PERIOD_NS

    def report(self) -> dict[str, MotorReport]:
        """Return what the motors of every controller got."""
        asked = np.array(self._asked)
        return {
            name: motor_report(
                self.robot.log,
                controller.joints,
                VELOCITY,
                ACCELERATION,
                self.robot.refused(name),
                asked[:, [JOINTS.index(joint) for joint in controller.joints]],
            )
            for name, controller in self.robot.controllers.items()
        }

    def _cycle(self) -> None:
        now_ns, core, arm = self.now_ns, self.loop.filter, self.robot.arm
        core.offer_joints(JointSample(now_ns, np.array(arm.position), np.array(arm.velocity)))
        if self.policy and self._cycles % 25 == 0:
            core.offer_chunk(self.policy(now_ns), now_ns)
        orders = self.loop.cycle(now_ns)
        status = f'{orders.result.verdict.name} {orders.result.reason}'
        if not self.statuses or self.statuses[-1] != status:
            self.statuses.append(status)
        if orders.result.command is not None:
            self._asked.append(orders.result.command)
        self._post(orders)

    def _post(self, orders: Orders) -> None:
        """Send what each controller gets; messages arrive in order."""
        delay_ns = to_ns(self._rng.uniform(0.2, self._delivery_ms) / 1e3)
        self._arrives_ns = max(self._arrives_ns, self.now_ns + delay_ns)
        for name, controller in self.robot.controllers.items():
            columns = [JOINTS.index(joint) for joint in controller.joints]
            if name.startswith('forward'):
                self._play(orders)
            elif 'Gripper' in type(controller).__name__:
                self._send_goal(name, orders, columns[0])
            elif orders.curve:
                msg = trajectory_msg(orders.curve, tuple(controller.joints), columns)
                self._mail_at(self._arrives_ns, lambda n=name, m=msg: self.robot.send(n, m))

    def _play(self, orders: Orders) -> None:
        if orders.curve:
            self._played = orders.approach or orders.curve

    def _send_goal(self, name: str, orders: Orders, column: int) -> None:
        if orders.goal is None:
            return
        desired = float(orders.goal[column])
        if self._goal is not None and desired != self._goal:
            goal = (
                [desired]
                if getattr(self.robot.controllers[name], 'is_parallel', False)
                else desired
            )
            self._mail_at(self._arrives_ns, lambda n=name, g=goal: self.robot.send(n, g))
        self._goal = desired

    def _mail_at(self, at_ns: int, deliver: Callable[[], object]) -> None:
        self._posted += 1
        heapq.heappush(self._mail, (at_ns, self._posted, deliver))

    def _pass_time(self, until_ns: int) -> None:
        """Advance the robot, delivering what arrives, and forward numbers at their own rate."""
        at_ns = self.now_ns
        while self._played and at_ns + _FORWARD_NS < until_ns:
            at_ns += _FORWARD_NS
            self._deliver(at_ns)
            position, _ = motion_at(self._played, at_ns)
            for name, controller in self.robot.controllers.items():
                if name.startswith('forward'):
                    columns = [JOINTS.index(joint) for joint in controller.joints]
                    self.robot.send(name, position[columns].tolist())
            if at_ns > self._played[-1].time_ns:
                self._played = ()
        self._deliver(until_ns)

    def _deliver(self, until_ns: int) -> None:
        while self._mail and self._mail[0][0] <= until_ns:
            at_ns, _, deliver = heapq.heappop(self._mail)
            self._advance(max(at_ns, self.now_ns))
            deliver()
        self._advance(until_ns)

    def _advance(self, until_ns: int) -> None:
        self._now_ns = until_ns
        self.robot.advance_to(until_ns)
