"""Which trajectories joint_trajectory_controller takes, in its own words on refusal.

Follows JointTrajectoryController::validate_trajectory_msg and validate_trajectory_point_field of
ros2_controllers 4.42 for a controller without an effort command interface. There is no check of
NaN, of sizes of steps or of a start in the past.
"""

from collections.abc import Sequence

import numpy as np
from trajectory_msgs.msg import JointTrajectory
from vla_contract.stamps import from_stamp

_EPSILON = float(np.finfo(np.float32).eps)


def refusal(
    msg: JointTrajectory,
    joints: Sequence[str],
    now_ns: int,
    allow_partial_joints_goal: bool,
    allow_nonzero_velocity_at_trajectory_end: bool,
) -> str:
    """Return the controller's error line for a message, empty when it takes it."""
    names = msg.joint_names
    if not allow_partial_joints_goal and len(names) != len(joints):
        return "Joints on incoming trajectory don't match the controller joints."
    if not names:
        return 'Empty joint names on incoming trajectory.'
    if not msg.points:
        return 'Empty trajectory received.'
    for name in names:
        if name not in joints:
            return f"Incoming joint {name} doesn't match the controller's joints."
    if not allow_nonzero_velocity_at_trajectory_end:
        # The source reads joint_names past its end where there are more velocities than names.
        for name, velocity in zip(names, msg.points[-1].velocities, strict=False):
            if abs(velocity) > _EPSILON:
                return (
                    f'Velocity of last trajectory point of joint {name} is not zero: '
                    f'{velocity:.15f}'
                )
    return _timing_refusal(msg, now_ns) or _points_refusal(msg)


def _timing_refusal(msg: JointTrajectory, now_ns: int) -> str:
    start_ns = from_stamp(msg.header.stamp)
    end_ns = start_ns + from_stamp(msg.points[-1].time_from_start)
    if start_ns and end_ns < now_ns:
        return (
            f'Received trajectory with non-zero start time ({start_ns * 1e-9:f}) that ends in '
            f'the past ({end_ns * 1e-9:f})'
        )
    return ''


def _points_refusal(msg: JointTrajectory) -> str:
    count = len(msg.joint_names)
    before_ns = 0
    for i, point in enumerate(msg.points):
        time_ns = from_stamp(point.time_from_start)
        if i > 0 and time_ns <= before_ns:
            return (
                f'Time between points {i - 1} and {i} is not strictly increasing, it is '
                f'{before_ns * 1e-9:f} and {time_ns * 1e-9:f} respectively'
            )
        before_ns = time_ns
        for field in ('positions', 'velocities', 'accelerations'):
            size = len(getattr(point, field))
            if size != count and (size or field == 'positions'):
                return (
                    f'Mismatch between joint_names size ({count}) and {field} ({size}) at '
                    f'point #{i}.'
                )
        if len(point.effort):
            return (
                'Trajectories with effort fields are only supported for controllers using the '
                "'effort' command interface."
            )
    return ''
