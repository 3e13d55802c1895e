"""A recorded or made-up stream of what the filter receives, in order of arrival."""

from dataclasses import dataclass

from vla_contract.values import ActionChunk, JointSample, Vector


@dataclass(frozen=True)
class SingleAction:
    """One action and the time it is due after its arrival [ns]; shape (D,) [rad or m]."""

    position: Vector
    duration_ns: int


@dataclass(frozen=True)
class EStop:
    """The stop was pressed or released."""

    is_pressed: bool


@dataclass(frozen=True)
class SpeedScale:
    """A new share of the speed limits."""

    scale: float


@dataclass(frozen=True)
class Conflict:
    """A reason from outside to hold, '' when it is over."""

    reason: str


@dataclass(frozen=True)
class Reset:
    """Somebody asked to leave a latched stop."""


@dataclass(frozen=True)
class Fault:
    """A label, not an input: from here on the filter ought to hold, for this cause; '' ends it."""

    cause: str


Payload = JointSample | ActionChunk | SingleAction | EStop | SpeedScale | Conflict | Reset | Fault


@dataclass(frozen=True)
class Event:
    """One thing that arrived at a time [ns]."""

    time_ns: int
    payload: Payload
