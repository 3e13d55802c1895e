"""Training frames out of a recording, seen through the buffer that policies are fed from."""

from collections.abc import Iterator
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
from vla_lerobot.record_columns import FILTERED, MEASURED, PLANNED, STAMP, VERDICT
from vla_policy_server.serving.observation_buffer import ObservationBuffer
from vla_rollout.episodes.cycle import Cycle
from vla_rollout.recording.cycles import CYCLE_TOPICS, CycleJoiner


def frame_features(deployment: Deployment) -> dict[str, Any]:
    """Describe the columns, in LeRobot's format: the policy's, and what the record adds, in SI."""
    names = deployment.policy.action_names
    return {
        **dataset_features(deployment),
        FILTERED: vector_feature(names),
        MEASURED: vector_feature(names),
        VERDICT: vector_feature(('verdict',), 'int64'),
        PLANNED: vector_feature(('is_planned',), 'bool'),
        STAMP: vector_feature(('stamp_s',), 'float64'),
    }


class FrameSampler:
    """Cuts a stream of messages into frames at the policy's rate.

    A frame is a cycle of the filter: what the policy would have seen then, what its plan asked for
    at that very time, what was sent and what was measured. Frames begin with the first plan and a
    complete observation. Where the arm was held without a plan later on, what was sent stands in
    for the action, so that no time is missing, and the frame is marked: that is no label.
    """

    def __init__(self, deployment: Deployment) -> None:
        """Prepare for one episode."""
        self._period_ns = to_ns(1.0 / deployment.policy.rate_hz)
        self._buffer = ObservationBuffer(deployment, needs_images=True, extras=())
        self._encode = FeatureEncoder(deployment)
        self._codec = VectorCodec(deployment)
        self._plain = VectorCodec(in_si(deployment)).action
        self._joiner = CycleJoiner(self)
        self._due_ns: int | None = None
        self._frames: list[dict[str, Any]] = []

    def take(self, payload: Payload) -> list[dict[str, Any]]:
        """Take a message; return the frames that it completes, mostly none."""
        match payload:
            case JointSample():
                self._buffer.add_joints(payload)
            case ImageEvent(camera, stamp_ns, image):
                self._buffer.add_image(camera, stamp_ns, image)
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
        if self._due_ns is not None and cycle.now_ns < self._due_ns:
            return
        if self._due_ns is None and cycle.desired is None:
            return
        observation = self._buffer.observe(cycle.now_ns)
        if isinstance(observation, str) or cycle.command is None:
            return
        # On the grid of the first frame, unless that was left behind.
        due_ns = cycle.now_ns if self._due_ns is None else self._due_ns
        if cycle.now_ns - due_ns > self._period_ns:
            due_ns = cycle.now_ns
        self._due_ns = due_ns + self._period_ns
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
                STAMP: np.array([observation.stamp_ns / NS_PER_S]),
                'task': observation.instruction,
            }
        )

    def _drain(self) -> list[dict[str, Any]]:
        frames, self._frames = self._frames, []
        return frames


def recorded_frames(
    path: Path,
    deployment: Deployment,
    namespace: str = '',
    on_damage: OnDamage = say_damage,
) -> Iterator[dict[str, Any]]:
    """Yield the frames of a recorded episode; arguments as for `read_events`.

    Raises:
        VlaError: nothing of the recording can be read, or it is of another robot.
    """
    sampler = FrameSampler(deployment)
    topics = (*CYCLE_TOPICS, 'instruction')
    for recorded in read_events(
        path, deployment.cell, namespace, topics=topics, on_damage=on_damage
    ):
        yield from sampler.take(recorded.payload)
    yield from sampler.finish()
