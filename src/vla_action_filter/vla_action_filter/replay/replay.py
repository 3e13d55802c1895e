"""Runs a stream through the filter, as fast as it computes, and keeps what happened."""

from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np
from vla_action_filter.action_filter import ActionFilter
from vla_action_filter.config import FilterConfig
from vla_action_filter.replay.stream import Commanders, Conflict, Event, Reset
from vla_contract.cli.progress import watched
from vla_contract.deployment.cell import Cell
from vla_contract.errors import VlaError
from vla_contract.filter_status import Reason, ReasonCode
from vla_contract.recordings.events import (
    EStopEvent,
    FaultEvent,
    SingleActionEvent,
    SpeedScaleEvent,
    TeleopEvent,
)
from vla_contract.values import ActionChunk, JointSample, Vector


@dataclass(frozen=True)
class Trace:
    """What went in and came out in each of N cycles, from the first command on.

    Attributes:
        time_ns: shape (N,) [ns].
        command: commanded joints, shape (N, D) [rad or m].
        desired: what the plan asked for, shape (N, D); NaN where it asked for nothing.
        desired_velocity: its velocity, shape (N, D).
        verdict: value of `Verdict`, shape (N,).
        reason: the cause that decided, '' when passed, N of them.
        fault: label of the stream, '' outside faults, N of them.
        seams: cycles that first saw a new chunk.
        offers: cycles in which a chunk or a single action arrived, taken or not.
        period_s: length of a cycle [s].
        report: counters of the filter.
        refused: how many of the offers the filter refused, by its reason.
    """

    time_ns: Vector
    command: Vector
    desired: Vector
    desired_velocity: Vector
    verdict: Vector
    reason: list[str]
    fault: list[str]
    seams: list[int]
    offers: list[int]
    period_s: float
    report: dict[str, object]
    refused: Counter[str] = field(default_factory=Counter)


def replay(cell: Cell, config: FilterConfig, events: list[Event], progress: bool = False) -> Trace:
    """Run events through a fresh filter.

    The robot of the replay is ideal: measurements keep their times, efforts and gaps, and show
    the position that was commanded last, because the recorded one followed another filter.

    Raises:
        VlaError: the stream never lets the filter arm, so there is nothing to score.
    """
    runner = _Runner(cell, config)
    core = runner.core
    if not events:
        raise VlaError('the stream has no events')
    now_ns, end_ns = events[0].time_ns, events[-1].time_ns
    waiting = iter(events)
    event = next(waiting, None)
    cycles = range(now_ns + core.period_ns, end_ns + core.period_ns, core.period_ns)
    for now_ns in watched(cycles, 'cycles', is_shown=progress):
        while event is not None and event.time_ns <= now_ns:
            runner.receive(event)
            event = next(waiting, None)
        runner.cycle(now_ns)
    return runner.trace()


class _Runner:
    """One filter, and rows of what happened."""

    def __init__(self, cell: Cell, config: FilterConfig) -> None:
        self.core = ActionFilter(cell, config)
        self._dim = len(cell.joints)
        self._position: Vector | None = None
        self._fault = ''
        self._is_new = False
        self._times: list[int] = []
        self._rows: list[tuple[Vector, Vector, Vector, int]] = []
        self._reasons: list[str] = []
        self._faults: list[str] = []
        self._seams: list[int] = []
        self._offers: list[int] = []
        self._refused: Counter[str] = Counter()

    def receive(self, event: Event) -> None:
        now_ns, payload = event.time_ns, event.payload
        if isinstance(payload, JointSample):
            if self._position is not None and len(payload.position) == self._dim:
                payload = replace(payload, position=self._position)
            self.core.offer_joints(payload)
        elif isinstance(payload, ActionChunk):
            if self._is_taken(self.core.offer_chunk(payload, now_ns)):
                self._is_new = True
        elif isinstance(payload, SingleActionEvent):
            self._is_taken(self.core.offer_action(payload.position, payload.duration_ns, now_ns))
        elif isinstance(payload, TeleopEvent):
            self._is_taken(self.core.offer_teleop(payload, now_ns))
        elif isinstance(payload, Commanders):
            self._give(payload.human, now_ns)
        elif isinstance(payload, EStopEvent):
            self.core.set_e_stop(payload.is_pressed)
        elif isinstance(payload, SpeedScaleEvent):
            self.core.set_speed_scale(payload.speed)
        elif isinstance(payload, Conflict):
            self.core.set_conflict(Reason(payload.reason, ReasonCode.CONFLICT))
        elif isinstance(payload, Reset):
            self.core.reset(now_ns)
        elif isinstance(payload, FaultEvent):
            self._fault = payload.cause

    def _give(self, human: tuple[str, ...], now_ns: int) -> None:
        before = self.core.sources.groups.of_human
        for to_human, names in (
            (True, set(human) - set(before)),
            (False, set(before) - set(human)),
        ):
            if names:
                self.core.give(to_human, sorted(names), now_ns)

    def _is_taken(self, refusal: str) -> bool:
        self._offers.append(len(self._times))
        if refusal:
            self._refused[str(refusal)] += 1
        return not refusal

    def cycle(self, now_ns: int) -> None:
        result = self.core.step(now_ns)
        if result.command is None:
            return
        self._position = result.command
        asked, nothing = result.desired, np.full(self._dim, np.nan)
        desired = nothing if asked is None else asked.position
        velocity = nothing if asked is None else asked.velocity
        if self._is_new:
            self._seams.append(len(self._times))
            self._is_new = False
        self._times.append(now_ns)
        self._rows.append((result.command, desired, velocity, int(result.verdict)))
        self._reasons.append(result.reason)
        self._faults.append(self._fault)

    def trace(self) -> Trace:
        if not self._rows:
            raise VlaError('the filter never armed: the stream has no usable joint_states')
        command, desired, velocity, verdict = zip(*self._rows, strict=True)
        return Trace(
            np.array(self._times),
            np.array(command),
            np.array(desired),
            np.array(velocity),
            np.array(verdict),
            self._reasons,
            self._faults,
            self._seams,
            self._offers,
            self.core.period_ns / 1e9,
            self.core.report(),
            self._refused,
        )
