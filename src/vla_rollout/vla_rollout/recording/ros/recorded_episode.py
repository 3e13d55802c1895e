"""An episode out of its recording: the same streams that the nodes saw, decoded the same way."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from sensor_msgs.msg import Image as ImageMsg
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool, Float64, String
from trajectory_msgs.msg import JointTrajectory
from vla_action_filter.verdict import Verdict
from vla_contract.deployment.cell import Cell
from vla_contract.errors import ContractError, VlaError
from vla_contract.joints.joint_states import JointStateMerge
from vla_contract.ros.messages.images import image_from_msg
from vla_contract.ros.messages.joints import JointReader, merge_msg
from vla_contract.ros.messages.recorded import read_messages
from vla_contract.ros.messages.stamps import from_stamp
from vla_contract.values import ActionChunk, Image, JointSample, Vector


@dataclass(frozen=True)
class ImageEvent:
    """An image of a camera."""

    camera: str
    stamp_ns: int
    image: Image


@dataclass(frozen=True)
class CommandEvent:
    """action_filter/action: what the arm was told."""

    command: Vector


@dataclass(frozen=True)
class FilterStatusEvent:
    """action_filter/status."""

    verdict: Verdict
    reason: str


@dataclass(frozen=True)
class InstructionEvent:
    """instruction."""

    text: str


@dataclass(frozen=True)
class SuccessEvent:
    """sim/success."""

    is_done: bool


@dataclass(frozen=True)
class SpeedScaleEvent:
    """speed_scale: the share of the velocity limits in use."""

    speed: float


Payload = (
    JointSample
    | ActionChunk
    | ImageEvent
    | CommandEvent
    | FilterStatusEvent
    | InstructionEvent
    | SuccessEvent
    | SpeedScaleEvent
)


@dataclass(frozen=True)
class Recorded:
    """One decoded message and when it arrived [ns]."""

    now_ns: int
    payload: Payload


def read_episode(path: Path, cell: Cell, with_images: bool = True) -> Iterator[Recorded]:
    """Yield what happened, in the order of arrival.

    Args:
        path: MCAP file of our recorder or of `ros2 bag record`.
        cell: where it was recorded.
        with_images: decoding them takes most of the time.

    Raises:
        VlaError: the file is damaged, or a message does not fit the cell.
    """
    readers = episode_streams(cell, with_images)
    types = {topic: kind for topic, (kind, _) in readers.items()}
    for recorded in read_messages(path, types):
        _, convert = readers[recorded.topic]
        try:
            payload = convert(recorded.message)
        except VlaError as error:
            raise VlaError(f'{path} at {recorded.log_ns}: {error}') from error
        if payload is not None:
            yield Recorded(recorded.log_ns, payload)


def episode_streams(
    cell: Cell, with_images: bool
) -> dict[str, tuple[type, Callable[[Any], Payload | None]]]:
    """Return the topics of an episode, each with its message type and its decoder.

    A message that tells nothing yet, as of joints before all were heard of, is decoded to None.
    """
    names = cell.joint_names
    joints, chunks = JointStateMerge(cell), JointReader(names, 'policy_chunk')
    actions = JointReader(names, 'action_filter/action')
    readers: dict[str, tuple[type, Callable[[Any], Payload | None]]] = {
        'joint_states': (JointState, lambda msg: _measured(joints, msg)),
        'policy_chunk': (JointTrajectory, chunks.chunk),
        'action_filter/action': (
            JointState,
            lambda msg: CommandEvent(actions.sample(msg).position),
        ),
        'action_filter/status': (DiagnosticStatus, _status_event),
        'instruction': (String, lambda msg: InstructionEvent(msg.data)),
        'sim/success': (Bool, lambda msg: SuccessEvent(msg.data)),
        'speed_scale': (Float64, lambda msg: SpeedScaleEvent(msg.data)),
    }
    if with_images:
        for camera in cell.cameras:
            topic = f'{camera.topic}/image_raw'
            readers[topic] = (ImageMsg, lambda msg, name=camera.name: _image_event(name, msg))
    return readers


def _measured(merge: JointStateMerge, msg: JointState) -> JointSample | None:
    # When it arrived does not matter: nobody judges the age of what is over.
    return merge_msg(merge, msg, from_stamp(msg.header.stamp))


def _image_event(camera: str, msg: ImageMsg) -> ImageEvent:
    return ImageEvent(camera, from_stamp(msg.header.stamp), image_from_msg(msg))


def _status_event(msg: DiagnosticStatus) -> FilterStatusEvent:
    verdict, _, reason = msg.message.partition(': ')
    if verdict.upper() not in Verdict.__members__:
        raise ContractError(f"action_filter/status: found verdict '{verdict}'")
    return FilterStatusEvent(Verdict[verdict.upper()], reason)
