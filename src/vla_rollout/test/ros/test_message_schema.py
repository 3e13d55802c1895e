from mcap_ros2.decoder import DecoderFactory
import pytest
from rclpy.serialization import serialize_message
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint
from vla_contract.errors import ResourceNotFoundError
from vla_rollout.recording.ros.message_schema import message_schema


class Schema:
    """What mcap_ros2 wants to know of a schema."""

    id, encoding, name = 1, 'ros2msg', 'trajectory_msgs/msg/JointTrajectory'


def test_another_reader_decodes_a_nested_message_with_the_schema():
    point = JointTrajectoryPoint(positions=[1.5, -2.0])
    point.time_from_start.nanosec = 100_000_000
    message = JointTrajectory(joint_names=['a', 'b'], points=[point])
    message.header.frame_id = 'base'
    schema = Schema()
    schema.data = message_schema(schema.name).encode()
    decoded = DecoderFactory().decoder_for('cdr', schema)(serialize_message(message))
    assert decoded.joint_names == ['a', 'b']
    assert decoded.header.frame_id == 'base'
    assert list(decoded.points[0].positions) == [1.5, -2.0]
    assert decoded.points[0].time_from_start.nanosec == 100_000_000


def test_a_missing_package_or_message_is_named():
    with pytest.raises(ResourceNotFoundError, match='no_such_msgs'):
        message_schema('no_such_msgs/msg/Thing')
    with pytest.raises(ResourceNotFoundError, match='Nothing'):
        message_schema('std_msgs/msg/Nothing')
