"""Joint states, chunks and commands to messages; joints/joint_messages.py reads them."""

from array import array
from collections.abc import Sequence

from sensor_msgs.msg import JointState
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint
from vla_contract.ros.messages.stamps import to_duration, to_time
from vla_contract.values import ActionChunk, JointSample, Vector


def joints_to_msg(sample: JointSample, names: Sequence[str]) -> JointState:
    """Return a JointState; an empty effort, or NaN, means that it is not measured."""
    msg = JointState(name=list(names))
    msg.header.stamp = to_time(sample.stamp_ns)
    msg.position = array('d', sample.position)
    msg.velocity = array('d', sample.velocity)
    if sample.effort is not None:
        msg.effort = array('d', sample.effort)
    return msg


def chunk_to_msg(chunk: ActionChunk, names: Sequence[str]) -> JointTrajectory:
    """Return a JointTrajectory stamped with the time of the observation."""
    msg = JointTrajectory(joint_names=list(names))
    msg.header.stamp = to_time(chunk.stamp_ns)
    msg.points = [
        point_to_msg(positions, k * chunk.period_ns) for k, positions in enumerate(chunk.positions)
    ]
    return msg


def point_to_msg(positions: Vector, time_from_start_ns: int) -> JointTrajectoryPoint:
    """Return one point of a trajectory."""
    point = JointTrajectoryPoint(time_from_start=to_duration(time_from_start_ns))
    point.positions = array('d', positions)
    return point
