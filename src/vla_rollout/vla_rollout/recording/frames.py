"""Training frames out of a recording, seen through the buffer that policies are fed from."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from vla_contract.deployment.deployment import Deployment
from vla_contract.recordings.damage import OnDamage, say_damage
from vla_contract.recordings.events import ImageEvent, InstructionEvent, Payload
from vla_contract.recordings.read_events import read_events
from vla_contract.values import ActionChunk, JointSample, NS_PER_S, to_ns
from vla_contract.vectors.vector_codec import in_si, VectorCodec
from vla_lerobot.features import (
    ACTION,
    dataset_features,
    FeatureEncoder,
    vector_feature,
)
from vla_lerobot.record_columns import (
    FILTERED,
    INTERVENTION,
    MEASURED,
    PLANNED,
    STAMP,
    VERDICT,
)
from vla_policy_server.serving.observation_buffer import ObservationBuffer
from vla_rollout.episodes.cycle import Cycle
from vla_rollout.recording.cycles import CYCLE_TOPICS, CycleJoiner
from vla_rollout.recording.gap import Gap, OnGap

# At rest the filter says so every 0.1 s; after twice that time it is not known any more.
_AT_REST_NS = to_ns(0.2)
# Cycles are told of when a later measurement has come: two samples at 50 Hz.
_PATIENCE_NS = to_ns(0.04)


def frame_features(deployment: Deployment) -> dict[str, Any]:
    """Describe the columns, in LeRobot's format: the policy's, and what the record adds, in SI."""
    names = in_si(deployment).policy.action_names
    return {
        **dataset_features(deployment),
        FILTERED: vector_feature(names),
        MEASURED: vector_feature(names),
        VERDICT: vector_feature(('verdict',), 'int64'),
        PLANNED: vector_feature(('is_planned',), 'bool'),
        INTERVENTION: vector_feature(('intervention',), 'bool'),
        STAMP: vector_feature(('stamp_s',), 'float64'),
    }


class FrameSampler:
    """Cuts a stream of messages into frames at the policy's rate.

    A frame is a cycle of the filter: what the policy would have seen then, what its plan asked for
    at that very time, what was sent and what was measured. Frames begin with the first plan and a
    complete observation. Where the arm was held without a plan later on, what was sent stands in
    for the action, so that no time is missing, and the frame is marked: that is no label. At rest
    the filter says little, and the measured joints say when a frame is due.
    """

    def __init__(self, deployment: Deployment, on_gap: OnGap | None = None) -> None:
        """Prepare for one episode.

        Args:
            deployment: rate, cell and policy.
            on_gap: is told where time is missing between two frames.
        """
        self._on_gap = on_gap
        self._period_ns = to_ns(1.0 / deployment.policy.rate_hz)
        self._buffer = ObservationBuffer(deployment, needs_images=True, extras=())
        self._encode = FeatureEncoder(deployment)
        self._codec = VectorCodec(deployment)
        self._plain = VectorCodec(in_si(deployment)).action
        self._joiner = CycleJoiner(self)
        self._waiting: list[JointSample | ImageEvent] = []
        self._due_ns: int | None = None
        self._first_ns = self._shown_ns = 0
        self._at_rest: Cycle | None = None
        self._missing = ''
        self._frames: list[dict[str, Any]] = []

    def take(self, payload: Payload) -> list[dict[str, Any]]:
        """Take a message; return the frames that it completes, mostly none."""
        match payload:
            case JointSample():
                self._waiting.append(payload)
                self._fill_rest(payload.stamp_ns - _PATIENCE_NS, payload)
            case ImageEvent():
                self._waiting.append(payload)
            case InstructionEvent(text):
                self._buffer.instruction = text
        self._joiner.take(payload)
        return self._drain()

    def finish(self) -> list[dict[str, Any]]:
        """Return the frames that waited for another message."""
        self._joiner.finish()
        return self._drain()

    def restart(self) -> None:
        """Keep what is there, as an observer of one episode."""

    def see_chunk(self, chunk: ActionChunk) -> None:
        """Look at cycles alone."""

    def see_cycle(self, cycle: Cycle) -> None:
        """Make a frame of a cycle whose time has come."""
        self._fill_rest(cycle.now_ns, cycle.joints)
        self._at_rest = cycle if cycle.desired is None else None
        # Frames begin with the first plan.
        is_planned = cycle.desired is not None
        if is_planned if self._due_ns is None else cycle.now_ns >= self._due_ns:
            self._add(cycle)

    def _fill_rest(self, until_ns: int, joints: JointSample) -> None:
        """Make the frames that were due between two words of a filter at rest."""
        rest = self._at_rest
        while rest is not None and self._due_ns is not None:
            due_ns = self._due_ns
            # A frame that is late by less than a period may still come of a cycle.
            is_missed = due_ns + self._period_ns <= until_ns and due_ns >= self._shown_ns
            if not is_missed or due_ns - rest.now_ns > _AT_REST_NS:
                return
            if not self._add(replace(rest, now_ns=due_ns, joints=joints)):
                return

    def _add(self, cycle: Cycle) -> bool:
        """Make a frame; returns whether everything of it is there."""
        self._show_until(cycle.now_ns)
        observation = self._buffer.observe(cycle.now_ns)
        if isinstance(observation, str) or cycle.command is None:
            self._missing = observation if isinstance(observation, str) else 'no command'
            return False
        self._due_ns = self._on_grid(cycle.now_ns) + self._period_ns
        asked = cycle.command if cycle.desired is None else cycle.desired.position
        record = {FILTERED: cycle.command, MEASURED: cycle.joints.position}
        action = self._codec.encode_steps(asked, observation.state)
        self._frames.append(
            {
                **self._encode(observation),
                ACTION: action.astype(np.float32),
                **{k: self._plain.encode(v).astype(np.float32) for k, v in record.items()},
                VERDICT: np.array([int(cycle.verdict)], dtype=np.int64),
                PLANNED: np.array([cycle.desired is not None]),
                INTERVENTION: np.array([bool(cycle.human)]),
                STAMP: np.array([observation.stamp_ns / NS_PER_S]),
                'task': observation.instruction,
            }
        )
        return True

    def _show_until(self, now_ns: int) -> None:
        """Put what had been seen by then into the buffer; cycles are told of later."""
        self._shown_ns = max(self._shown_ns, now_ns)
        seen = [payload for payload in self._waiting if payload.stamp_ns <= now_ns]
        self._waiting = [payload for payload in self._waiting if payload.stamp_ns > now_ns]
        for payload in sorted(seen, key=lambda one: one.stamp_ns):
            if isinstance(payload, JointSample):
                self._buffer.add_joints(payload)
            else:
                self._buffer.add_image(payload.camera, payload.stamp_ns, payload.image)

    def _on_grid(self, now_ns: int) -> int:
        """Return when a frame was due: on the grid of the first, unless that was left behind."""
        missing, self._missing = self._missing, ''
        if self._due_ns is None:
            self._first_ns = now_ns
            return now_ns
        late_ns = now_ns - self._due_ns
        if late_ns <= self._period_ns:
            return self._due_ns
        if self._on_gap is not None:
            after_ns = self._due_ns - self._period_ns - self._first_ns
            why = missing or 'no cycle of the action filter'
            self._on_gap(Gap(after_ns / NS_PER_S, late_ns / NS_PER_S, why))
        return now_ns

    def _drain(self) -> list[dict[str, Any]]:
        frames, self._frames = self._frames, []
        return frames


def recorded_frames(
    path: Path,
    deployment: Deployment,
    namespace: str = '',
    on_damage: OnDamage = say_damage,
    on_gap: OnGap | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield the frames of a recorded episode, as `read_events` reads it.

    Args:
        path: of the recording.
        deployment: whose policy the frames are for.
        namespace: of the robot.
        on_damage: is told what cannot be read.
        on_gap: is told where time is missing between two frames, before the second is yielded.

    Raises:
        VlaError: nothing of the recording can be read, or it is of another robot.
    """
    sampler = FrameSampler(deployment, on_gap)
    topics = (*CYCLE_TOPICS, 'instruction')
    for recorded in read_events(
        path, deployment.cell, namespace, topics=topics, on_damage=on_damage
    ):
        yield from sampler.take(recorded.payload)
    yield from sampler.finish()
