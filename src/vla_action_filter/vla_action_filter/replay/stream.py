"""What the filter receives in a replay, recorded or made up, in order of arrival."""

from dataclasses import dataclass

from vla_contract.recordings.events import (
    EStopEvent,
    FaultEvent,
    SingleActionEvent,
    SpeedScaleEvent,
    TeleopEvent,
)
from vla_contract.values import ActionChunk, JointSample


@dataclass(frozen=True)
class Conflict:
    """A reason from outside to hold, '' when it is over."""

    reason: str


@dataclass(frozen=True)
class Reset:
    """Somebody asked to leave a latched stop."""


@dataclass(frozen=True)
class Commanders:
    """Which groups of joints a human commands from now on; the policy commands the others."""

    human: tuple[str, ...]


Payload = (
    JointSample
    | ActionChunk
    | SingleActionEvent
    | TeleopEvent
    | Commanders
    | EStopEvent
    | SpeedScaleEvent
    | FaultEvent
    | Conflict
    | Reset
)


@dataclass(frozen=True)
class Event:
    """One thing that arrived at a time [ns]."""

    time_ns: int
    payload: Payload
