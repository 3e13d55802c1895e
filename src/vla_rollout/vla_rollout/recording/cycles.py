"""The filter's cycles out of its topics, live or recorded, so that both are diagnosed alike."""

from bisect import bisect_right, insort
from collections import deque
from dataclasses import dataclass, replace
from pathlib import Path

from vla_action_filter.verdict import Desired
from vla_contract.deployment.cell import Cell
from vla_contract.errors import VlaError
from vla_contract.filter_status import (
    FilterStatus,
    NO_REASON,
    PlanProgress,
    Reason,
    TakenChunk,
    Verdict,
)
from vla_contract.recordings.damage import OnDamage, say_damage
from vla_contract.recordings.events import CommandEvent, DesiredEvent, ImageEvent, Payload
from vla_contract.recordings.read_events import read_events
from vla_contract.values import ActionChunk, JointSample, to_ns, Vector
from vla_rollout.episodes.cycle import Cycle, CycleObserver, ImageObserver, RefusalObserver

CYCLE_TOPICS = (
    'joint_states',
    'policy_chunk',
    'action_filter/desired',
    'action_filter/action',
    'action_filter/status',
)
"""What a cycle is put together from."""

# Messages of different topics overtake each other by less, on one machine.
_OVERTAKEN_NS = to_ns(0.02)
# A status comes ten times a second. What was sent before the first is told of when it has come, or
# after three times that in recordings without any.
_FIRST_STATUS_NS = to_ns(0.3)
# Without a measurement for so long, a cycle is told of with the one before.
_PATIENCE_NS = to_ns(0.1)
_NOTHING_SAID: tuple[int, Verdict, Reason, tuple[str, ...]] = (0, Verdict.HOLD, NO_REASON, ())
# More than any of these streams carries in a second.
_KEPT = 2000


class CycleJoiner:
    """Puts together what the filter says of each cycle, by stamps and never by arrival.

    `action_filter/desired` and `action_filter/action` say by the same stamp what was asked for and
    what was sent; `action_filter/status` says since when its verdict holds and which chunks were
    taken. The measurement of a cycle is the newest one stamped before it. So what comes out does
    not depend on the order in which messages of different topics arrive.

    At rest the filter sends nothing; then each status makes a cycle, with what was sent last, or
    where the arm stands.
    """

    def __init__(self, observer: CycleObserver) -> None:
        """Tell an observer of each cycle, and of each chunk that the filter took."""
        self._observer = observer
        self.restart()

    def restart(self) -> None:
        """Forget what waits, such as after a pause."""
        self._asked: dict[int, DesiredEvent] = {}
        self._sent: dict[int, CommandEvent] = {}
        self._whole: list[_Joined] = []
        self._told_ns = -1
        self._command: Vector | None = None
        self._samples: deque[JointSample] = deque(maxlen=_KEPT)
        self._verdicts: list[tuple[int, Verdict, Reason, tuple[str, ...]]] = []
        self._chunks: deque[ActionChunk] = deque(maxlen=_KEPT)
        self._taken: deque[TakenChunk] = deque(maxlen=_KEPT)
        self._progress: PlanProgress | None = None

    def take(self, payload: Payload) -> None:
        """Take a message; others than of the filter, its inputs and the joints are passed over."""
        match payload:
            case JointSample():
                self._samples.append(payload)
            case FilterStatus():
                self._hear(payload)
            case ActionChunk():
                self._chunks.append(payload)
                self._tell_of_chunks()
            case DesiredEvent():
                self._asked[payload.stamp_ns] = payload
                self._pair(payload.stamp_ns)
            case CommandEvent():
                self._sent[payload.stamp_ns] = payload
                self._pair(payload.stamp_ns)
            case _:
                return
        self._tell_of_cycles()

    def finish(self) -> None:
        """Tell of the cycles that wait for a measurement that will not come."""
        while self._whole and self._samples:
            self._tell(self._whole.pop(0))

    def _hear(self, status: FilterStatus) -> None:
        self._progress = status.plan
        if status.verdict is not None:
            said = (status.since_ns, status.verdict, status.reason, status.human)
            # A later word on the same time, or on an earlier one, replaces what was said of it.
            while self._verdicts and self._verdicts[-1][0] >= status.since_ns:
                self._verdicts.pop()
            self._verdicts.append(said)
            del self._verdicts[:-_KEPT]
            if not status.is_sending:
                self._add(_Joined(status.time_ns))
        self._taken.extend(status.taken)
        refused = {chunk.stamp_ns for chunk in status.refused}
        taken = {chunk.stamp_ns for chunk in status.taken}
        if isinstance(self._observer, RefusalObserver):
            for chunk in self._chunks:
                if chunk.stamp_ns in refused - taken:
                    self._observer.see_refused(chunk)
        kept = [chunk for chunk in self._chunks if chunk.stamp_ns not in refused - taken]
        self._chunks = deque(kept, maxlen=_KEPT)
        self._tell_of_chunks()

    def _tell_of_chunks(self) -> None:
        """Tell of chunks of which both is known, what they are and that they were taken."""
        waiting = deque[TakenChunk](maxlen=_KEPT)
        for taken in self._taken:
            chunk = next((c for c in self._chunks if c.stamp_ns == taken.stamp_ns), None)
            if chunk is None:
                waiting.append(taken)
                continue
            self._chunks.remove(chunk)
            self._observer.see_chunk(replace(chunk, stamp_ns=taken.plan_ns))
        self._taken = waiting

    def _pair(self, stamp_ns: int) -> None:
        if stamp_ns not in self._asked or stamp_ns not in self._sent:
            return
        asked, sent = self._asked.pop(stamp_ns), self._sent.pop(stamp_ns)
        self._add(_Joined(stamp_ns, asked, sent.command))
        # What is that old lost its other half.
        for halves in (self._asked, self._sent):
            for old_ns in [old_ns for old_ns in halves if old_ns < stamp_ns - _PATIENCE_NS]:
                del halves[old_ns]

    def _add(self, joined: '_Joined') -> None:
        if joined.due_ns > self._told_ns:
            insort(self._whole, joined, key=lambda one: one.due_ns)

    def _tell_of_cycles(self) -> None:
        """Tell of the cycles before the newest measurement, and of those that wait too long."""
        if not self._samples:
            return
        while self._whole:
            due_ns = self._whole[0].due_ns
            if not self._verdicts and self._whole[-1].due_ns - due_ns < _FIRST_STATUS_NS:
                return
            is_measured = self._samples[-1].stamp_ns > due_ns + _OVERTAKEN_NS
            if not is_measured and self._whole[-1].due_ns - due_ns < _PATIENCE_NS:
                return
            self._tell(self._whole.pop(0))

    def _tell(self, joined: '_Joined') -> None:
        self._told_ns = due_ns = joined.due_ns
        later = bisect_right(self._samples, due_ns, key=lambda sample: sample.stamp_ns)
        if joined.command is not None:
            self._command = joined.command
        if not later:
            return  # nothing was measured yet
        joints = self._samples[later - 1]
        since = bisect_right(self._verdicts, due_ns, key=lambda said: said[0])
        _, verdict, reason, human = _NOTHING_SAID
        if self._verdicts:
            _, verdict, reason, human = self._verdicts[max(0, since - 1)]
        command = joints.position if self._command is None else self._command
        desired, asked = None, joined.asked
        if asked is not None and asked.position is not None and asked.velocity is not None:
            progress = self._progress
            plan_ns = due_ns if progress is None else progress.plan_at(due_ns)
            desired = Desired(asked.position, asked.velocity, plan_ns)
        self._observer.see_cycle(Cycle(due_ns, desired, command, joints, verdict, reason, human))


@dataclass(frozen=True)
class _Joined:
    """Both halves of a cycle, or that nothing was sent then."""

    due_ns: int
    asked: DesiredEvent | None = None
    command: Vector | None = None


def replay_cycles(
    path: Path,
    cell: Cell,
    observer: CycleObserver,
    namespace: str = '',
    on_damage: OnDamage = say_damage,
) -> None:
    """Show an observer a recorded episode.

    Args:
        path: MCAP file or rosbag2 folder.
        cell: where it was recorded.
        observer: who is shown it; the images too if it is an `ImageObserver`.
        namespace: of the robot, where several were recorded.
        on_damage: is told what could not be read.

    Raises:
        VlaError: the recording is damaged, of another robot, or says nothing of what was desired.
    """
    observer.restart()
    joiner, counts = CycleJoiner(observer), {CommandEvent: 0, DesiredEvent: 0}
    eyes = observer if isinstance(observer, ImageObserver) else None
    for recorded in read_events(path, cell, namespace, bool(eyes), CYCLE_TOPICS, on_damage):
        payload = recorded.payload
        kind = type(payload)
        if kind in counts:
            counts[kind] += 1
        if eyes and isinstance(payload, ImageEvent):
            eyes.see_frame(payload.camera, payload.stamp_ns, payload.image)
        joiner.take(payload)
    joiner.finish()
    if counts[CommandEvent] and not counts[DesiredEvent]:
        raise VlaError(
            f'{path}: found action_filter/action without action_filter/desired; a recording needs '
            'both to say what was asked for'
        )
