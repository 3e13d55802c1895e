"""What the messages of an episode say, live or recorded, as values."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from vla_contract.filter_status import FilterStatus
from vla_contract.values import ActionChunk, Image, JointSample, Vector


@dataclass(frozen=True)
class ImageEvent:
    """An image of a camera: its name, capture time [ns], and RGB, shape (H, W, 3)."""

    camera: str
    stamp_ns: int
    image: Image


@dataclass(frozen=True)
class EncodedImageEvent:
    """An image as a camera compressed it.

    Attributes:
        camera: its name.
        stamp_ns: capture time [ns].
        data: a JPEG or PNG file.
    """

    camera: str
    stamp_ns: int
    data: bytes


@dataclass(frozen=True)
class SingleActionEvent:
    """policy_action: one action, shape (D,) [rad or m], and when it is due after arrival [ns]."""

    position: Vector
    duration_ns: int


@dataclass(frozen=True)
class TeleopEvent:
    """teleop_chunk: what a human wants.

    Attributes:
        chunk: of the named joints, in the cell's order, shape (T, n) [rad or m].
        named: which of all joints these are, shape (D,) with n of them true.
    """

    chunk: ActionChunk
    named: NDArray[np.bool_]


@dataclass(frozen=True)
class CommandEvent:
    """action_filter/action: what the arm was told, shape (D,) [rad or m].

    Attributes:
        stamp_ns: when the command is due [ns].
        command: in the cell's joint order.
    """

    stamp_ns: int
    command: Vector


@dataclass(frozen=True)
class DesiredEvent:
    """action_filter/desired: what was asked of the arm, before any limit.

    Attributes:
        stamp_ns: when it is due, the same as of the command [ns].
        position: shape (D,) [rad or m]; None where nothing was asked for.
        velocity: shape (D,) [rad/s or m/s]; None where it is not known.
    """

    stamp_ns: int
    position: Vector | None
    velocity: Vector | None


@dataclass(frozen=True)
class InstructionEvent:
    """instruction: the task in words."""

    text: str


@dataclass(frozen=True)
class EStopEvent:
    """e_stop: pressed or released."""

    is_pressed: bool


@dataclass(frozen=True)
class SpeedScaleEvent:
    """speed_scale: the share of the velocity limits in use."""

    speed: float


@dataclass(frozen=True)
class SuccessEvent:
    """sim/success: whether the simulator sees the task done."""

    is_done: bool


@dataclass(frozen=True)
class ObjectPoseEvent:
    """sim/target_pose: capture time [ns]; position [m] and wxyz in the base frame, shape (7,)."""

    stamp_ns: int
    pose: Vector


@dataclass(frozen=True)
class FaultEvent:
    """fault: a label; from here on the filter ought to hold, for this cause; '' ends it."""

    cause: str


Payload = (
    JointSample
    | ActionChunk
    | ImageEvent
    | EncodedImageEvent
    | SingleActionEvent
    | TeleopEvent
    | CommandEvent
    | DesiredEvent
    | FilterStatus
    | InstructionEvent
    | EStopEvent
    | SpeedScaleEvent
    | SuccessEvent
    | ObjectPoseEvent
    | FaultEvent
)


@dataclass(frozen=True)
class Recorded:
    """What one message says and when it arrived [ns]."""

    now_ns: int
    payload: Payload
