"""joint_trajectory_controller of ros2_controllers 4.42, for a position command interface.

Modelled: what a topic message does, up to the position written in every update. Left out: the
action, PID, wrapping joints, decelerate_on_cancel.

ScaledJointTrajectoryController of ur_controllers (Universal_Robots_ROS2_Driver, branch jazzy) is
the same code with `uses_speed_scaling`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
import math

from support.fake_robot.lines import Lines
from support.fake_robot.trajectory import Point, Sample, Trajectory, Values
from support.fake_robot.trajectory_rules import refusal
from trajectory_msgs.msg import JointTrajectory
from vla_contract.stamps import from_stamp
from vla_contract.values import to_ns


@dataclass(frozen=True)
class TrajectoryParameters:
    """The controller's parameters, with its own defaults.

    Args:
        joints: in the controller's order.
        state_interfaces: without `velocity`, the measured state has no velocity.
        cmd_timeout: [s] after the last point, then the measured position is held; 0 for never.
        trajectory_tolerance: constraints.<joint>.trajectory [rad], 0 for none.
        goal_tolerance: constraints.<joint>.goal [rad], 0 for none.
        goal_time: constraints.goal_time [s].
        uses_speed_scaling: whether a state interface says how fast trajectory time goes by
            (speed_scaling.state_interface, or speed_scaling_interface_name of ur_controllers).
    """

    joints: tuple[str, ...]
    command_interfaces: tuple[str, ...] = ('position',)
    state_interfaces: tuple[str, ...] = ('position', 'velocity')
    interpolation_method: str = 'splines'
    interpolate_from_desired_state: bool = False
    allow_partial_joints_goal: bool = False
    allow_nonzero_velocity_at_trajectory_end: bool = False
    set_last_command_interface_value_as_state_on_activation: bool = True
    cmd_timeout: float = 0.0
    trajectory_tolerance: float = 0.0
    goal_tolerance: float = 0.0
    goal_time: float = 0.0
    uses_speed_scaling: bool = False


class JointTrajectoryController:
    """Takes trajectories and answers, every update, the positions it writes.

    Attributes:
        speed_scaling: what the robot says of its speed, from 0 to 1; looked at by a controller
            that uses it.
    """

    def __init__(self, parameters: TrajectoryParameters, update_rate_hz: float) -> None:
        self.parameters = parameters
        self.joints = parameters.joints
        self.is_active = False
        self.errors = Lines()
        self.warnings = Lines()
        self.accepted = 0
        self.speed_scaling = 1.0
        self._period_ns = int(1e9 / update_rate_hz)
        self._remapped = [0.0] * len(self.joints)

    @property
    def reference(self) -> Values:
        """What ~/controller_state shows as reference: the state asked for in this cycle [rad]."""
        return self._desired.positions

    def activate(self, measured: Point, written: Sequence[float]) -> None:
        """Hold what is written on the command interfaces, or what is measured.

        Follows on_activate: update_state_from_command_interfaces replaces the measured positions
        only where every command is a number.

        Args:
            measured: positions and velocities of the state interfaces [rad, rad/s].
            written: what the command interfaces hold, NaN before any command [rad].
        """
        parameters = self.parameters
        current = self._state(measured)
        takes_written = parameters.set_last_command_interface_value_as_state_on_activation
        if takes_written and all(map(math.isfinite, written)):
            current = replace(current, positions=tuple(written))
        self._current = current
        self._written: Sequence[float] = written
        self._last_commanded = self._desired = Sample(current, measured.time_ns, 0, False)
        self._last_commanded_ns = 0
        self._trajectory: Trajectory | None = None
        self._new: JointTrajectory | None = None
        self._hold_at: Values | None = None
        self._set_hold_position()
        has_timeout = parameters.cmd_timeout > parameters.goal_time
        if parameters.cmd_timeout > 0.0 and not has_timeout:
            self.warnings.append(
                'Command timeout must be higher than goal_time tolerance '
                f'({parameters.cmd_timeout:f} vs. {parameters.goal_time:f})'
            )
        self._timeout_ns = to_ns(parameters.cmd_timeout) if has_timeout else 0
        self.is_active = True

    def deactivate(self) -> None:
        """Leave the command interfaces as they are, as on_deactivate does."""
        self.is_active = False
        self._trajectory = None

    def on_message(self, msg: JointTrajectory, now_ns: int) -> bool:
        """Take a message, as topic_callback does.

        A bad one is refused with one line in `errors`; a good one is dropped without a line
        while the controller is not active. Only the last one before an update counts.

        Args:
            now_ns: the node's clock at reception.

        Returns:
            True when it will be played.
        """
        parameters = self.parameters
        line = refusal(
            msg,
            self.joints,
            now_ns,
            parameters.allow_partial_joints_goal,
            parameters.allow_nonzero_velocity_at_trajectory_end,
        )
        if line:
            self.errors.append(line)
            return False
        if not self.is_active:
            return False
        self.accepted += 1
        self._new, self._hold_at, self._is_holding = msg, None, False
        return True

    def update(
        self,
        time_ns: int,
        period_ns: int,
        position: Sequence[float],
        velocity: Sequence[float],
        written: Sequence[float],
    ) -> Values | None:
        """Return the positions to write [rad], None for none in this cycle; follows update().

        Args:
            time_ns: the controller manager's time of this cycle.
            period_ns: since its last one.
            position: measured, in the controller's joint order [rad].
            velocity: measured [rad/s].
            written: what its command interfaces hold [rad].
        """
        self._written = written
        self._take_new()
        self._current = self._state(Point(time_ns, tuple(position), tuple(velocity)))
        if self._trajectory is None:
            return None
        is_first = not self._trajectory.is_sampled_already
        if is_first:
            self._trajectory.set_point_before(self._start_state(time_ns))
            self._trajectory_ns = time_ns
        else:
            scaling = self.speed_scaling if self.parameters.uses_speed_scaling else 1.0
            self._trajectory_ns += int(period_ns * scaling)
        desired = self._trajectory.sample(self._trajectory_ns)
        if desired is not None:
            self._desired = desired
        sample = self._trajectory.sample(self._trajectory_ns + self._period_ns)
        if sample is None:
            return None
        self._check_timeout(sample)
        if not self._is_within_tolerances(sample, is_first):
            return None
        # The command is due one period after `time`, and is remembered under `time` all the same:
        # a trajectory that begins from here goes over one period's way twice.
        self._last_commanded = sample
        self._last_commanded_ns = time_ns
        return sample.positions

    def _start_state(self, time_ns: int) -> Point:
        """Return the point before a new trajectory: the last command or the measured state."""
        if not self.parameters.interpolate_from_desired_state:
            return replace(self._current, time_ns=time_ns)
        return replace(self._last_commanded.point, time_ns=self._last_commanded_ns or time_ns)

    def _check_timeout(self, sample: Sample) -> None:
        if sample.is_before_last or self._is_holding or not self._timeout_ns:
            return
        if self._trajectory_ns - sample.segment_ns > self._timeout_ns:
            self.warnings.append('Aborted due to command timeout')
            self._set_hold_position()

    def _is_within_tolerances(self, sample: Sample, is_first: bool) -> bool:
        """Check the tolerances of a stream without an action goal, as update() does."""
        parameters = self.parameters
        if self._is_holding or not (parameters.trajectory_tolerance or parameters.goal_tolerance):
            return True
        pairs = zip(self.reference, self._current.positions, strict=True)
        error = max(abs(desired - current) for desired, current in pairs)
        if (sample.is_before_last or is_first) and (0.0 < parameters.trajectory_tolerance < error):
            self.errors.append('Holding position due to state tolerance violation')
            self._set_hold_position()
            return False
        is_late = self._trajectory_ns - sample.segment_ns > to_ns(parameters.goal_time) > 0
        if not sample.is_before_last and is_late and 0.0 < parameters.goal_tolerance < error:
            self.errors.append('Exceeded goal_time_tolerance: holding position...')
            self._set_hold_position()
            return False
        return True

    def _set_hold_position(self) -> None:
        """Hold the state as it was last read, from the next update on; set_hold_position."""
        self._new, self._hold_at = None, self._current.positions
        self._is_holding = True

    def _take_new(self) -> None:
        splines = self.parameters.interpolation_method == 'splines'
        if self._new is not None:
            stamp_ns = from_stamp(self._new.header.stamp)
            self._trajectory = Trajectory(stamp_ns, self._points(self._new), splines)
        elif self._hold_at is not None:
            self._trajectory = Trajectory(0, [Point(0, self._hold_at)], splines)
        self._new = self._hold_at = None

    def _points(self, msg: JointTrajectory) -> list[Point]:
        """Return a message's points for all joints in the controller's order.

        Follows fill_partial_goal (joints that the message lacks stay where they were told to be,
        without velocity and acceleration) and sort_to_local_joint_order.
        """
        missing = [i for i, name in enumerate(self.joints) if name not in msg.joint_names]
        if len(msg.joint_names) == len(self.joints):
            missing = []
        names = [*msg.joint_names, *(self.joints[i] for i in missing)]
        order = [self.joints.index(name) for name in names]
        stay = [self._written[i] for i in missing]
        zeros = [0.0] * len(missing)
        return [
            Point(
                from_stamp(point.time_from_start),
                self._sorted([*point.positions, *stay], order),
                self._sorted([*point.velocities, *zeros], order) if point.velocities else (),
                self._sorted([*point.accelerations, *zeros], order) if point.accelerations else (),
            )
            for point in msg.points
        ]

    def _sorted(self, values: Sequence[float], order: Sequence[int]) -> Values:
        # The source's buffer is static: a joint named twice leaves another one's old value.
        for index, value in zip(order, values, strict=True):
            self._remapped[index] = value
        return tuple(self._remapped)

    def _state(self, measured: Point) -> Point:
        """Return the measured state with the interfaces there are; read_state_from_..."""
        if 'velocity' in self.parameters.state_interfaces:
            return measured
        return replace(measured, velocities=())
