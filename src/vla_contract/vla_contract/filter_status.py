"""What the action filter says of itself: the content of `action_filter/status`, both ways."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from vla_contract.errors import ContractError

_TOPIC = 'action_filter/status'
INACTIVE = 'inactive'


class Verdict(IntEnum):
    """Outcome of a cycle, ordered by severity; the most severe reason wins."""

    PASS = 0
    CLAMP = 1
    HOLD = 2
    STOP = 3
    LATCHED = 4


class ReasonCode(StrEnum):
    """Why the filter did not pass what was desired, in words for programs.

    The first group limits a command, the second holds the arm for as long as it lasts, the third
    stops it until `action_filter/reset`.
    """

    VELOCITY = 'velocity'
    ACCELERATION = 'acceleration'
    POSITION = 'position'
    WORKSPACE = 'workspace'
    RAMP = 'ramp'

    ARMING = 'arming'
    NO_CHUNK = 'no_chunk'
    CHUNK_STALE = 'chunk_stale'
    CHUNK_REFUSED = 'chunk_refused'
    NO_TELEOP = 'no_teleop'
    HAND_BACK = 'hand_back'
    UNWATCHED = 'unwatched'
    WATCH_LOST = 'watch_lost'
    LOCKED = 'locked'
    CONFLICT = 'conflict'
    CONTROLLER = 'controller'

    JOINT_STATES = 'joint_states'
    TRACKING = 'tracking'
    EFFORT = 'effort'
    OVERRUN = 'overrun'
    CLOCK = 'clock'
    E_STOP = 'e_stop'
    DEACTIVATED = 'deactivated'
    UNKNOWN = 'unknown'


class ChunkFault(StrEnum):
    """Why a chunk was refused, in words for programs."""

    MALFORMED = 'malformed'
    JOINTS = 'joints'
    NOT_FINITE = 'not_finite'
    FUTURE = 'future'
    OLDER = 'older'
    JUMP = 'jump'


class Reason(str):
    """A short cause in plain English with a code for programs; empty for none.

    Attributes:
        code: what kind of cause it is.
    """

    code: ReasonCode

    def __new__(cls, text: str, code: ReasonCode = ReasonCode.UNKNOWN) -> 'Reason':
        """Keep a text and its code."""
        reason = super().__new__(cls, text)
        reason.code = code
        return reason


NO_REASON = Reason('')


@dataclass(frozen=True)
class TakenChunk:
    """A chunk that the filter took.

    Attributes:
        stamp_ns: time of its observation, as in `policy_chunk` [ns].
        plan_ns: what the clock of the plan showed then, which is behind where the arm is slowed
            down [ns].
    """

    stamp_ns: int
    plan_ns: int


@dataclass(frozen=True)
class RefusedChunk:
    """A chunk that the filter did not take: stamp of its observation [ns], and why."""

    stamp_ns: int
    fault: ChunkFault


@dataclass(frozen=True)
class PlanProgress:
    """Where in a chunk the filter is, and how fast it goes on.

    Attributes:
        chunk: the chunk in use.
        time_ns: when that was so [ns].
        plan_ns: what the clock of the plan showed at `time_ns` [ns].
        rate: how fast that clock goes, 1 at full speed.
    """

    chunk: TakenChunk
    time_ns: int
    plan_ns: int
    rate: float

    def plan_at(self, time_ns: int) -> int:
        """Return what the clock of the plan shows at a time, if the rate stays [ns]."""
        return self.plan_ns + round(self.rate * (time_ns - self.time_ns))


@dataclass(frozen=True)
class FilterStatus:
    """One message of `action_filter/status`.

    Attributes:
        verdict: of the newest cycle; None while the filter is inactive.
        reason: why, empty when passed.
        since_ns: commands due from this time on have this verdict and reason, and are commanded
            by the same [ns].
        time_ns: when the newest command is due [ns].
        is_sending: whether that command is sent; at rest nothing is.
        state: state of the filter.
        taken: chunks taken since the last message.
        refused: chunks refused since the last message.
        plan: progress of the plan, None while nothing is played.
        counters: how often each thing happened since the filter was configured.
        human: names of the groups of joints that a human commands; the policy commands the others.
    """

    verdict: Verdict | None
    reason: Reason = NO_REASON
    since_ns: int = 0
    time_ns: int = 0
    is_sending: bool = False
    state: str = INACTIVE
    taken: tuple[TakenChunk, ...] = ()
    refused: tuple[RefusedChunk, ...] = ()
    plan: PlanProgress | None = None
    counters: Mapping[str, int] = field(default_factory=dict)
    human: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """Verdict and reason in a sentence."""
        if self.verdict is None:
            return INACTIVE
        return ': '.join(filter(None, (self.verdict.name.lower(), self.reason)))

    @property
    def stop_cause(self) -> str:
        """Why the arm stands until somebody lets it go on, '' while it may move by itself.

        A latched stop, or a watcher that has ended.
        """
        is_lost = self.verdict is Verdict.HOLD and self.reason.code is ReasonCode.WATCH_LOST
        return self.reason if is_lost else self.latch_cause

    @property
    def latch_cause(self) -> str:
        """Why the filter brakes for good or stands latched, '' while it does not."""
        if self.verdict is None or self.verdict < Verdict.STOP:
            return ''
        return self.reason or self.verdict.name.lower()

    def values(self) -> dict[str, str]:
        """Return the pairs of key and value of the message."""
        plan = self.plan
        return {
            'state': self.state,
            'reason_code': self.reason.code.value if self.reason else '',
            'since_ns': str(self.since_ns),
            'time_ns': str(self.time_ns),
            'is_sending': str(self.is_sending),
            'chunks_taken': ' '.join(f'{c.stamp_ns}:{c.plan_ns}' for c in self.taken),
            'chunks_refused': ' '.join(f'{c.stamp_ns}:{c.fault}' for c in self.refused),
            'plan': ''
            if plan is None
            else f'{plan.chunk.stamp_ns}:{plan.chunk.plan_ns} {plan.time_ns} {plan.plan_ns} '
            f'{plan.rate!r}',
            'human': ' '.join(self.human),
            'counters': ' '.join(self.counters),
            **{name: str(count) for name, count in self.counters.items()},
        }

    @classmethod
    def read(cls, message: str, values: Mapping[str, str]) -> 'FilterStatus':
        """Return what a message says.

        Args:
            message: its sentence.
            values: its pairs of key and value; those that are missing say nothing.

        Raises:
            ContractError: it is no message of an action filter.
        """
        verdict, _, text = message.partition(': ')
        try:
            return cls(
                None if message == INACTIVE else Verdict[verdict.upper()],
                Reason(text, ReasonCode(values.get('reason_code') or ReasonCode.UNKNOWN)),
                int(values.get('since_ns', 0)),
                int(values.get('time_ns', 0)),
                values.get('is_sending') == str(True),
                values.get('state', INACTIVE),
                tuple(_taken(entry) for entry in values.get('chunks_taken', '').split()),
                tuple(_refused(entry) for entry in values.get('chunks_refused', '').split()),
                _plan(values.get('plan', '')),
                {name: int(values[name]) for name in values.get('counters', '').split()},
                tuple(values.get('human', '').split()),
            )
        except (KeyError, ValueError) as error:
            raise ContractError(f"{_TOPIC}: found '{message}', {error}") from error


def _taken(text: str) -> TakenChunk:
    stamp, plan = text.split(':')
    return TakenChunk(int(stamp), int(plan))


def _refused(text: str) -> RefusedChunk:
    stamp, fault = text.split(':')
    return RefusedChunk(int(stamp), ChunkFault(fault))


def _plan(text: str) -> PlanProgress | None:
    if not text:
        return None
    chunk, time, plan, rate = text.split()
    return PlanProgress(_taken(chunk), int(time), int(plan), float(rate))
