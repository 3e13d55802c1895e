"""What a detector says of an episode, and which alarm names the failure."""

from collections.abc import Sequence
from dataclasses import dataclass
import math

from vla_rollout.diagnosis.taxonomy import (
    ACTUATOR_STUCK,
    Cause,
    DISAGREEMENT,
    EMPTY_GRASP,
    OFF_PATH,
    PUSHING,
    REVERSALS,
    TRACKING,
)


@dataclass(frozen=True)
class Alarm:
    """A detector whose score left what healthy episodes show.

    Attributes:
        cause: what was found, with symptom, roots and fix.
        at_s: when, from the first cycle of the episode on [s].
        score: score at that time, in the detector's unit.
        threshold: what healthy episodes stay below.
        unit: of score and threshold.
    """

    cause: Cause
    at_s: float
    score: float
    threshold: float
    unit: str

    def __str__(self) -> str:
        return (
            f'{self.cause.mode}: {self.cause.symptom} '
            f'({self.cause.name} {self.score:.3g} > {self.threshold:.3g} {self.unit})'
        )


@dataclass(frozen=True)
class Forerunners:
    """Alarms that come before another one because of what that one finds.

    Attributes:
        of: what explains them.
        causes: what may come before it.
        within_s: how long before at most [s].
        reason: why.
    """

    of: Cause
    causes: tuple[Cause, ...]
    within_s: float
    reason: str


FORERUNNERS = (
    Forerunners(
        REVERSALS,
        (TRACKING, OFF_PATH, DISAGREEMENT),
        0.4,
        'half a swing looks like leaving the path',
    ),
    Forerunners(
        PUSHING,
        (ACTUATOR_STUCK,),
        math.inf,
        'what is in the way holds the joints',
    ),
    Forerunners(
        EMPTY_GRASP,
        (PUSHING, DISAGREEMENT, REVERSALS),
        math.inf,
        'a hand beside the object touches the table first, or tries again',
    ),
)
"""Which alarms a later one explains; tried on injected faults (studies/faults.py)."""


def naming_alarm(alarms: Sequence[Alarm]) -> Alarm | None:
    """Return the alarm that names the failure, None without one.

    What comes first names it, others follow from it; unless all that came before an alarm are its
    forerunners.

    Args:
        alarms: of the episode, in order.
    """
    name = None
    for number, alarm in enumerate(alarms):
        if name is None or _explains(alarm, alarms[:number]):
            name = alarm
    return name


def _explains(alarm: Alarm, earlier: Sequence[Alarm]) -> bool:
    return any(
        known.of == alarm.cause
        and alarm.at_s - earlier[0].at_s <= known.within_s
        and all(before.cause in known.causes for before in earlier)
        for known in FORERUNNERS
    )
