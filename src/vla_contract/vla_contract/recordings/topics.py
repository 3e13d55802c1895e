"""The topics of an episode: their types, and what their messages say."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from vla_contract.cameras.image_messages import compressed_image, raw_image
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.joint_sources import JointSource
from vla_contract.errors import ContractError
from vla_contract.filter_status import FilterStatus
from vla_contract.joints.joint_messages import JointReader
from vla_contract.joints.joint_states import JointStateMerge
from vla_contract.joints.teleop_messages import TELEOP_TOPIC, TeleopReader
from vla_contract.recordings.events import (
    CommandEvent,
    DesiredEvent,
    EncodedImageEvent,
    EStopEvent,
    FaultEvent,
    ImageEvent,
    InstructionEvent,
    ObjectPoseEvent,
    Payload,
    SingleActionEvent,
    SpeedScaleEvent,
    SuccessEvent,
)
from vla_contract.stamps import from_stamp
from vla_contract.values import Image, JointSample

RAW, COMPRESSED = 'image_raw', 'image_raw/compressed'

Decode = Callable[[Any, int], Payload | None]
"""Makes a value of a message and its time of arrival [ns]; None where it tells nothing yet."""


@dataclass(frozen=True)
class TopicOfEpisode:
    """A topic, wherever it is: live or recorded, in any namespace.

    Attributes:
        type_name: e.g. sensor_msgs/msg/Image.
        decoder: returns what decodes its messages for a cell.
        is_latched: whether a value from before an episode belongs to the episode.
    """

    type_name: str
    decoder: Callable[[Cell], Decode]
    is_latched: bool = False


def _joint_states(cell: Cell) -> Decode:
    return _of_source(JointStateMerge(cell), cell.joint_sources[0])


def _of_source(merge: JointStateMerge, source: JointSource) -> Decode:
    def decode(msg: Any, now_ns: int) -> JointSample | None:
        stamp_ns, names = from_stamp(msg.header.stamp), source.names(msg.name)
        merge.offer(names, msg.position, msg.velocity, msg.effort, stamp_ns, now_ns)
        return merge.sample

    return decode


def _chunks(cell: Cell) -> Decode:
    reader = JointReader(cell.joint_names, 'policy_chunk')
    return lambda msg, _: reader.chunk(msg)


def _actions(cell: Cell) -> Decode:
    def decode(msg: Any, _: int) -> SingleActionEvent:
        if len(msg.positions) != len(cell.joints):
            raise ContractError(
                f'policy_action: found {len(msg.positions)} positions; allowed: {len(cell.joints)}'
            )
        position = np.array(msg.positions, dtype=np.float64)
        return SingleActionEvent(position, from_stamp(msg.time_from_start))

    return decode


def _teleop(cell: Cell) -> Decode:
    reader = TeleopReader(cell.joint_names)
    return lambda msg, _: reader.read(msg)


def _commands(cell: Cell) -> Decode:
    reader = JointReader(cell.joint_names, 'action_filter/action')

    def decode(msg: Any, _: int) -> CommandEvent:
        sample = reader.sample(msg)
        return CommandEvent(sample.stamp_ns, sample.position)

    return decode


def _desired(cell: Cell) -> Decode:
    reader = JointReader(cell.joint_names, 'action_filter/desired')

    def decode(msg: Any, _: int) -> DesiredEvent:
        if not len(msg.position):
            return DesiredEvent(from_stamp(msg.header.stamp), None, None)
        sample = reader.sample(msg)
        velocity = sample.velocity if len(msg.velocity) == len(msg.name) else None
        return DesiredEvent(sample.stamp_ns, sample.position, velocity)

    return decode


def _status(msg: Any, _: int) -> FilterStatus:
    return FilterStatus.read(msg.message, {pair.key: pair.value for pair in msg.values})


def _object_pose(msg: Any, _: int) -> ObjectPoseEvent:
    p, q = msg.pose.position, msg.pose.orientation
    pose = np.array([p.x, p.y, p.z, q.w, q.x, q.y, q.z])
    return ObjectPoseEvent(from_stamp(msg.header.stamp), pose)


def _data(event: Callable[[Any], Payload]) -> Callable[[Cell], Decode]:
    """Return the decoder of a message with nothing but `data`."""
    return lambda cell: lambda msg, _: event(msg.data)


JOINT_STATES = 'joint_states'
TOPICS = {
    JOINT_STATES: TopicOfEpisode('sensor_msgs/msg/JointState', _joint_states),
    'policy_chunk': TopicOfEpisode('trajectory_msgs/msg/JointTrajectory', _chunks),
    'policy_action': TopicOfEpisode('trajectory_msgs/msg/JointTrajectoryPoint', _actions),
    TELEOP_TOPIC: TopicOfEpisode('trajectory_msgs/msg/JointTrajectory', _teleop),
    'action_filter/action': TopicOfEpisode('sensor_msgs/msg/JointState', _commands),
    'action_filter/desired': TopicOfEpisode('sensor_msgs/msg/JointState', _desired),
    'action_filter/status': TopicOfEpisode(
        'diagnostic_msgs/msg/DiagnosticStatus', lambda cell: _status
    ),
    'sim/target_pose': TopicOfEpisode('geometry_msgs/msg/PoseStamped', lambda cell: _object_pose),
    'fault': TopicOfEpisode('std_msgs/msg/String', _data(FaultEvent)),
    'instruction': TopicOfEpisode('std_msgs/msg/String', _data(InstructionEvent), is_latched=True),
    'e_stop': TopicOfEpisode('std_msgs/msg/Bool', _data(EStopEvent), is_latched=True),
    'speed_scale': TopicOfEpisode('std_msgs/msg/Float64', _data(SpeedScaleEvent), is_latched=True),
    'sim/success': TopicOfEpisode('std_msgs/msg/Bool', _data(SuccessEvent), is_latched=True),
}
"""Every topic that says something about an episode, but those of cameras."""


def topics_of(cell: Cell, names: Collection[str] | None = None) -> dict[str, TopicOfEpisode]:
    """Return topics as they are in a cell: joint_states are those of its drivers, merged.

    Args:
        cell: whose topics.
        names: those of TOPICS that are wanted; None for all.
    """
    found = {name: topic for name, topic in TOPICS.items() if names is None or name in names}
    joints = found.pop(JOINT_STATES, None)
    if joints is None:
        return found
    merge = JointStateMerge(cell)

    def decoder(source: JointSource) -> Callable[[Cell], Decode]:
        return lambda _: _of_source(merge, source)

    kind = joints.type_name
    return {s.topic: TopicOfEpisode(kind, decoder(s)) for s in cell.joint_sources} | found


def camera_topics(
    cell: Cell, raw: Callable[[Any], Image] = raw_image, is_decoded: bool = True
) -> dict[str, TopicOfEpisode]:
    """Return the image topics of a cell, raw and compressed.

    Args:
        cell: whose cameras.
        raw: makes an image of a sensor_msgs/Image.
        is_decoded: whether compressed images are; else they are as they came.
    """
    topics = {}
    for camera in cell.cameras:
        name = camera.name
        compressed = _images(name, compressed_image) if is_decoded else _encoded_images(name)
        for end, kind, decoder in (
            (RAW, 'sensor_msgs/msg/Image', _images(name, raw)),
            (COMPRESSED, 'sensor_msgs/msg/CompressedImage', compressed),
        ):
            topics[f'{camera.topic.strip("/")}/{end}'] = TopicOfEpisode(kind, decoder)
    return topics


def _images(camera: str, convert: Callable[[Any], Image]) -> Callable[[Cell], Decode]:
    def decode(msg: Any, _: int) -> ImageEvent:
        return ImageEvent(camera, from_stamp(msg.header.stamp), convert(msg))

    return lambda cell: decode


def _encoded_images(camera: str) -> Callable[[Cell], Decode]:
    def decode(msg: Any, _: int) -> EncodedImageEvent:
        return EncodedImageEvent(camera, from_stamp(msg.header.stamp), bytes(msg.data))

    return lambda cell: decode
