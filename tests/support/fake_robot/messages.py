"""Trajectory messages for tests, written as tables."""

from array import array
from collections.abc import Iterable, Sequence

from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint
from vla_contract.ros.messages.stamps import to_duration, to_time
from vla_contract.values import to_ns


def trajectory(
    joints: Sequence[str], points: Iterable[Sequence], stamp_ns: int = 0
) -> JointTrajectory:
    """Return a JointTrajectory.

    Args:
        joints: names.
        points: rows of time from start [s], positions, and where wanted velocities and
            accelerations.
        stamp_ns: 0 means: start when it arrives.
    """
    msg = JointTrajectory(joint_names=list(joints))
    msg.header.stamp = to_time(stamp_ns)
    for time_s, *values in points:
        point = JointTrajectoryPoint(time_from_start=to_duration(to_ns(time_s)))
        fields = ('positions', 'velocities', 'accelerations', 'effort')
        for field, value in zip(fields, values, strict=False):
            setattr(point, field, array('d', value))
        msg.points.append(point)
    return msg
