"""What a detector says of an episode, and which alarm names the failure."""

from collections.abc import Sequence
from dataclasses import dataclass

from vla_rollout.diagnosis.cause import Cause
from vla_rollout.diagnosis.taxonomy import (
    ACTUATOR_STUCK,
    DISAGREEMENT,
    EMPTY_GRASP,
    FINGERS_STUCK,
    HUNTING,
    LAG,
    NEVER_CLOSES,
    OFF_PATH,
    PUSHING,
    REVERSALS,
    SHUT_FIRST,
    STILL_IMAGE,
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
        evidence: what was seen, in words; '' for the score alone.
        is_past: it ended before the arm had moved, as the wait for a policy that warms up does.
    """

    cause: Cause
    at_s: float
    score: float
    threshold: float
    unit: str
    evidence: str = ''
    is_past: bool = False

    def __str__(self) -> str:
        score = f'{self.cause.name} {self.score:.3g} > {self.threshold:.3g} {self.unit}'
        seen = '; '.join(filter(None, (self.evidence, score)))
        return f'{self.cause.mode}: {self.cause.symptom} ({seen})'


@dataclass(frozen=True)
class Forerunners:
    """Alarms that come before another one because of what that one finds.

    Attributes:
        of: what explains them.
        causes: what may come before it.
        within_s: the first of them at most so long before [s].
        reason: why.
    """

    of: Cause
    causes: tuple[Cause, ...]
    within_s: float
    reason: str


FORERUNNERS = (
    Forerunners(
        REVERSALS,
        (LAG, OFF_PATH, DISAGREEMENT),
        0.4,
        'half a swing looks like leaving the path',
    ),
    Forerunners(
        HUNTING,
        (PUSHING, REVERSALS, DISAGREEMENT, LAG),
        1.0,
        'a joint that shakes pushes, and the policy answers it',
    ),
    Forerunners(
        PUSHING,
        (ACTUATOR_STUCK,),
        1.0,
        'what is in the way holds the joints',
    ),
    Forerunners(
        LAG,
        (ACTUATOR_STUCK,),
        1.0,
        'an arm that moves late did not move at first',
    ),
    Forerunners(
        EMPTY_GRASP,
        (PUSHING, DISAGREEMENT),
        1.3,
        'a hand beside the object touches the table first, or turns to it',
    ),
    Forerunners(
        EMPTY_GRASP,
        (PUSHING, DISAGREEMENT, REVERSALS),
        0.5,
        'a hand that misses the object tries again',
    ),
    Forerunners(
        SHUT_FIRST,
        (EMPTY_GRASP, PUSHING, DISAGREEMENT, REVERSALS),
        2.0,
        'fingers that are inverted are known when they open at the object',
    ),
    Forerunners(
        FINGERS_STUCK,
        (EMPTY_GRASP, PUSHING, DISAGREEMENT, REVERSALS),
        1.5,
        'it takes a second to see that fingers do not move',
    ),
    Forerunners(
        STILL_IMAGE,
        (DISAGREEMENT, REVERSALS, OFF_PATH, EMPTY_GRASP),
        1.5,
        'a policy that sees an old picture contradicts itself',
    ),
    Forerunners(
        NEVER_CLOSES,
        (DISAGREEMENT, REVERSALS),
        3.0,
        'an arm over an object that it does not grasp goes to and fro',
    ),
)
"""Which alarms a later one explains; tried on injected faults (studies/faults.py)."""


def naming_alarm(alarms: Sequence[Alarm]) -> Alarm | None:
    """Return the alarm that names the failure, None without one.

    What comes first names it, others follow from it; unless all that came before an alarm are its
    forerunners, not longer ago than these may be. What ended before the arm moved names nothing.

    Args:
        alarms: of the episode, in order.
    """
    name = None
    alarms = [alarm for alarm in alarms if not alarm.is_past]
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
