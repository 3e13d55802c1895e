"""A recorded episode as a viewer shows it: everything in it but the images."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vla_contract.deployment.cell import Cell
from vla_contract.errors import ContractError
from vla_contract.filter_status import FilterStatus
from vla_contract.recordings.damage import OnDamage, say_damage
from vla_contract.recordings.events import (
    CommandEvent,
    DesiredEvent,
    EStopEvent,
    FaultEvent,
    InstructionEvent,
    ObjectPoseEvent,
    Payload,
    SpeedScaleEvent,
    SuccessEvent,
    TeleopEvent,
)
from vla_contract.recordings.read_events import read_events
from vla_contract.values import ActionChunk, JointSample, NS_PER_S
from vla_rollout.episodes.cycle import Cycle
from vla_rollout.recording.cycles import CycleJoiner
from vla_rollout.report.episodes.figure import EpisodeTrace
from vla_rollout.report.replay_run import alarms_of

INFO, WARN, ERROR = 'INFO', 'WARN', 'ERROR'


@dataclass(frozen=True)
class Word:
    """Something that was said: when [ns], how serious, and a sentence."""

    time_ns: int
    level: str
    text: str


@dataclass
class Watched:
    """What happened in an episode, each in the order of its time.

    Attributes:
        samples: measured joints.
        commands: what was sent.
        desired: what the plan, or a human, asked for.
        chunks: those of the policy that the filter took.
        wishes: those of a human.
        cycles: of the filter.
        words: what was said, such as the instruction, a refused chunk, an alarm.
        objects: where the object is that the instruction means, in simulation.
    """

    samples: list[JointSample] = field(default_factory=list)
    commands: list[CommandEvent] = field(default_factory=list)
    desired: list[DesiredEvent] = field(default_factory=list)
    chunks: list[ActionChunk] = field(default_factory=list)
    wishes: list[TeleopEvent] = field(default_factory=list)
    cycles: list[Cycle] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    objects: list[ObjectPoseEvent] = field(default_factory=list)

    @property
    def first_plan_ns(self) -> int | None:
        """Time of the first cycle with a plan: frame 0 of a dataset; None without one [ns]."""
        return next((cycle.now_ns for cycle in self.cycles if cycle.desired is not None), None)


def watch_episode(
    path: Path,
    cell: Cell,
    alarms: Sequence[str] = (),
    namespace: str = '',
    on_damage: OnDamage = say_damage,
) -> Watched:
    """Read an episode.

    Args:
        path: of the recording.
        cell: where it was recorded.
        alarms: of the diagnosis, as the run tells them.
        namespace: of the robot, where several were recorded.
        on_damage: is told what could not be read.

    Raises:
        VlaError: the recording cannot be read, or has nothing of this cell.
    """
    reader = _Reader()
    recorded = read_events(path, cell, namespace, False, None, on_damage)
    for each in recorded:
        reader.take(each.now_ns, each.payload)
    watched = reader.finish(alarms)
    if not watched.samples:
        names = ', '.join(source.topic for source in cell.joint_sources)
        raise ContractError(f'{path}: found no measured joints of {cell.name}; it needs {names}')
    return watched


class _Reader:
    """Sorts messages into an episode."""

    def __init__(self) -> None:
        self._watched = Watched()
        self._trace = EpisodeTrace()
        self._joiner = CycleJoiner(self._trace)
        self._chunks: list[ActionChunk] = []
        self._taken: set[int] = set()
        self._last: dict[type, list[tuple[str, str]]] = {}

    def take(self, now_ns: int, payload: Payload) -> None:
        """Take a message that arrived at a time [ns]."""
        watched = self._watched
        self._joiner.take(payload)
        match payload:
            case JointSample():
                watched.samples.append(payload)
            case CommandEvent():
                watched.commands.append(payload)
            case DesiredEvent():
                watched.desired.append(payload)
            case ActionChunk():
                self._chunks.append(payload)
            case TeleopEvent():
                watched.wishes.append(payload)
            case ObjectPoseEvent():
                watched.objects.append(payload)
            case FilterStatus():
                self._taken |= {chunk.stamp_ns for chunk in payload.taken}
                watched.words += [
                    Word(payload.time_ns, WARN, f'chunk refused: {chunk.fault}')
                    for chunk in payload.refused
                ]
            case _:
                self._hear(now_ns, payload)

    def _hear(self, now_ns: int, payload: Payload) -> None:
        """Keep what is said in words; a topic that repeats it is heard once."""
        said = _said(payload)
        if said and self._last.get(type(payload)) != said:
            self._last[type(payload)] = said
            self._watched.words += [Word(now_ns, *each) for each in said]

    def finish(self, alarms: Sequence[str]) -> Watched:
        """Return the episode."""
        self._joiner.finish()
        watched, trace = self._watched, self._trace
        watched.chunks = [chunk for chunk in self._chunks if chunk.stamp_ns in self._taken]
        watched.cycles = trace.cycles
        for at_s, text in alarms_of(alarms) if watched.cycles else ():
            at_ns = watched.cycles[0].now_ns + round(at_s * NS_PER_S)
            watched.words.append(Word(at_ns, ERROR, text))
        watched.words += _changes(watched.cycles)
        watched.words.sort(key=lambda word: word.time_ns)
        return watched


def _said(payload: Payload) -> list[tuple[str, str]]:
    """Return level and sentence of what is said in words."""
    match payload:
        case InstructionEvent(text):
            return [(INFO, f'instruction: {text}')]
        case EStopEvent(is_pressed):
            return [(ERROR, 'e-stop pressed') if is_pressed else (INFO, 'e-stop released')]
        case SpeedScaleEvent(speed):
            return [(INFO, f'speed: {speed:.0%} of the limits')]
        case SuccessEvent(is_done):
            return [
                (INFO, 'the simulator sees the task done' if is_done else 'the task is not done')
            ]
        case FaultEvent(cause):
            return [(WARN, f'fault: {cause}' if cause else 'the fault is over')]
        case _:
            return []


def _changes(cycles: list[Cycle]) -> list[Word]:
    """Return each new verdict with its reason, and each change of who commands."""
    words: list[Word] = []
    last = human = None
    for cycle in cycles:
        if (now := (cycle.verdict, cycle.reason.code if cycle.reason else '')) != last:
            last = now
            text = ': '.join(filter(None, (cycle.verdict.name.lower(), cycle.reason)))
            words.append(Word(cycle.now_ns, _LEVELS[min(2, int(cycle.verdict) // 2)], text))
        if cycle.human != human:
            if human is not None or cycle.human:
                who = f'a human commands {", ".join(cycle.human)}' if cycle.human else ''
                words.append(Word(cycle.now_ns, INFO, who or 'the policy commands'))
            human = cycle.human
    return words


# Passed and limited, held, stopped.
_LEVELS = (INFO, WARN, ERROR)
