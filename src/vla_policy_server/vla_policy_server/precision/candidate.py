"""One method, loaded and ready to be measured."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from vla_contract.deployment.deployment import Deployment
from vla_contract.values import Vector
from vla_policy_server.backends.lerobot_policy import make_lerobot
from vla_policy_server.precision.comparing.frames import Frames
from vla_policy_server.precision.evidence import REFERENCE
from vla_policy_server.precision.graph_folder import graph_folder
from vla_policy_server.precision.predictor import size_bytes
from vla_policy_server.precision.registry import PRECISIONS


@dataclass(frozen=True)
class Candidate:
    """What the measuring loop needs of a loaded method.

    Attributes:
        predict: computes one chunk from a pre-processed observation; this call is timed.
        actions: computes every judging frame, shape (frames, T, D) [rad or m]; None where
            there is nothing to compare.
        size_bytes: weights in memory, or the graph's file.
        folder: where graphs of these weights are kept; only the reference tells.
    """

    predict: Callable[[], object]
    actions: Callable[[], Vector] | None
    size_bytes: int
    folder: Path | None = None


@dataclass(frozen=True)
class CheckpointJob:
    """Loads a deployment's checkpoint in one precision; sent to the process that measures it."""

    deployment: Deployment
    precision: str
    device: str
    threads: int
    frames: Frames

    def load(self) -> Candidate:
        """Load.

        Raises:
            PolicyError: the method cannot run here.
        """
        import torch

        torch.set_num_threads(self.threads)
        policy = make_lerobot(
            self.deployment,
            self.device,
            self.precision,
            self.frames.calibration if PRECISIONS[self.precision].calibrates else (),
        )
        batch = policy.prepare(self.frames.judging[0])

        def predict() -> object:
            with torch.inference_mode():
                return policy.predictor.predict_action_chunk(batch)

        def actions() -> Vector:
            chunks: list[Vector] = []
            for frame in self.frames.judging:
                torch.manual_seed(0)  # the same noise for every method of a policy that draws it
                chunks.append(policy.infer(frame).positions)
            return np.stack(chunks)

        folder = graph_folder(policy.predictor) if self.precision == REFERENCE else None
        return Candidate(predict, actions, size_bytes(policy.predictor), folder)
