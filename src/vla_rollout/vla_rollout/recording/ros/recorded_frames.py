"""Training frames out of a recording, seen through the buffer that policies are fed from."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from vla_action_filter.plan.paced_player import PacedPlayer
from vla_action_filter.verdict import Verdict
from vla_contract.deployment.deployment import Deployment
from vla_contract.joints.joint_map import JointMap
from vla_contract.values import ActionChunk, JointSample, NS_PER_S, to_ns, Vector
from vla_lerobot.features import (
    ACTION,
    dataset_features,
    FeatureEncoder,
    vector_feature,
)
from vla_policy_server.serving.observation_buffer import ObservationBuffer
from vla_rollout.recording.ros.recorded_episode import (
    CommandEvent,
    FilterStatusEvent,
    ImageEvent,
    InstructionEvent,
    read_episode,
    Recorded,
    SpeedScaleEvent,
    SuccessEvent,
)

# LeRobot takes every column that begins with 'action' or 'observation' for the policy's.
FILTERED, MEASURED = 'record.filtered_action', 'record.measured'
VERDICT, STAMP = 'record.verdict', 'record.stamp_s'


def frame_features(deployment: Deployment) -> dict[str, Any]:
    """Describe the columns, in LeRobot's format: the policy's, and what the record adds."""
    names = deployment.policy.action_names
    return {
        **dataset_features(deployment),
        FILTERED: vector_feature(names),
        MEASURED: vector_feature(names),
        VERDICT: vector_feature(('verdict',), 'int64'),
        STAMP: vector_feature(('stamp_s',), 'float64'),
    }


class FrameSampler:
    """Cuts a stream of messages into frames at the policy's rate.

    A frame is cut when its time has come and every stream is there and fresh: what the policy
    would have seen then, what it wanted at that time, what was sent and what was measured. Times
    without a plan or a complete observation have no frame.
    """

    def __init__(self, deployment: Deployment) -> None:
        """Prepare for one episode."""
        cell, policy = deployment.cell, deployment.policy
        self._period_ns = to_ns(1.0 / policy.rate_hz)
        self._buffer = ObservationBuffer(deployment, needs_images=True, extras=())
        self._encode = FeatureEncoder(deployment)
        self._to_action = JointMap(cell.joint_names, policy.action_names, 'cell joints')
        self._plan = PacedPlayer(cell)
        self._speed = 1.0
        self._command: Vector | None = None
        self._measured: Vector | None = None
        self._verdict = Verdict.HOLD
        self._due_ns: int | None = None

    def take(self, recorded: Recorded) -> dict[str, Any] | None:
        """Take a message; return the frame that is due before it, or None."""
        frame = self._frame(recorded.now_ns)
        self._remember(recorded)
        return frame

    def _remember(self, recorded: Recorded) -> None:
        match recorded.payload:
            case JointSample() as sample:
                self._buffer.add_joints(sample)
                self._measured = sample.position
            case ImageEvent(camera, stamp_ns, image):
                self._buffer.add_image(camera, stamp_ns, image)
            case ActionChunk() as chunk:
                self._plan.offer(chunk)
            case CommandEvent(command):
                self._command = command
            case FilterStatusEvent(verdict, _):
                self._verdict = verdict
            case InstructionEvent(text):
                self._buffer.instruction = text
            case SpeedScaleEvent(speed):
                self._speed = speed
            case SuccessEvent():
                pass

    def _frame(self, now_ns: int) -> dict[str, Any] | None:
        if self._due_ns is not None and now_ns < self._due_ns:
            return None
        due_ns = now_ns if self._due_ns is None else self._due_ns
        desired = self._plan.sample(due_ns, self._speed, self._verdict is Verdict.HOLD)
        observation = self._buffer.observe(due_ns)
        if desired is None or isinstance(observation, str):
            return None
        if self._command is None or self._measured is None:
            return None
        self._due_ns = due_ns + self._period_ns
        actions = {ACTION: desired[0], FILTERED: self._command, MEASURED: self._measured}
        return {
            **self._encode(observation),
            **{key: self._to_action(value).astype(np.float32) for key, value in actions.items()},
            VERDICT: np.array([int(self._verdict)], dtype=np.int64),
            STAMP: np.array([observation.stamp_ns / NS_PER_S]),
            'task': observation.instruction,
        }


def recorded_frames(path: Path, deployment: Deployment) -> Iterator[dict[str, Any]]:
    """Yield the frames of a recorded episode.

    Raises:
        VlaError: the recording is damaged or of another robot.
    """
    sampler = FrameSampler(deployment)
    for recorded in read_episode(path, deployment.cell):
        frame = sampler.take(recorded)
        if frame is not None:
            yield frame
