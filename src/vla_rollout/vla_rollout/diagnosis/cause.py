"""What is said of a failure: its mode, and of its cause the symptom, the roots and the cure."""

from dataclasses import dataclass
from enum import StrEnum


class Mode(StrEnum):
    """The failure modes that are counted; an episode has one, or none when it succeeds."""

    FROZEN = 'frozen'
    OSCILLATION = 'wild oscillation'
    DRIFT = 'drift'
    COLLISION = 'collision'
    GRASP = 'grasp failure'
    SIGHT = 'no sight'
    IMAGE = 'wrong image'
    OVERLOAD = 'overload'
    TIMEOUT = 'timeout'
    STOP = 'safety stop'
    OPERATOR = 'operator stop'


@dataclass(frozen=True)
class Cause:
    """What one detector finds.

    Attributes:
        name: short identifier, as in diagnostics and thresholds.
        mode: the failure mode it belongs to.
        symptom: what a person sees.
        roots: what is usually behind it, most frequent first.
        fix: what to do.
    """

    name: str
    mode: Mode
    symptom: str
    roots: tuple[str, ...]
    fix: str
