"""The policy under test, with real frames to ask it about."""

from dataclasses import dataclass, replace
from pathlib import Path
import sys

import numpy as np
from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import PolicyMismatchError
from vla_contract.policy import Policy
from vla_contract.values import ActionChunk, Image, Observation, Vector
from vla_lerobot.checkpoints.checkpoint import Checkpoint
from vla_policy_server.self_test.golden_frames import (
    GOLDEN_FRAMES,
    GoldenFrames,
    load_golden_frames,
    read_golden_frames,
)
from vla_policy_server.serving.session import infer_checked


@dataclass(frozen=True)
class Subject:
    """What every check looks at.

    Attributes:
        deployment: the robot, and what the numbers mean.
        policy: what is tested.
        golden: recorded frames, None when nobody has any.
        checkpoint: where the policy comes from a LeRobot checkpoint, else None.
    """

    deployment: Deployment
    policy: Policy
    golden: GoldenFrames | None = None
    checkpoint: Checkpoint | None = None

    @property
    def observation(self) -> Observation:
        """A real frame; without one, noise seen from the rest position."""
        if self.golden is not None:
            return self.golden.observations[0]
        rng = np.random.default_rng(0)
        cell = self.deployment.cell
        cameras = [cell.camera(seen.camera) for seen in self.deployment.policy.cameras]
        images: dict[str, Image] = {
            c.name: rng.integers(0, 256, (c.height, c.width, 3), np.uint8) for c in cameras
        }
        return Observation(0, cell.home, images, 'do the task')

    @property
    def ranges(self) -> Vector:
        """Range of every joint, shape (D,) [rad or m]."""
        return np.array([joint.upper - joint.lower for joint in self.deployment.cell.joints])

    def chunk(self, observation: Observation, is_seeded: bool = True) -> ActionChunk:
        """Return the policy's fresh answer; policies that draw noise draw the same each time.

        Raises:
            PolicyMismatchError: the policy cannot answer.
        """
        if is_seeded and 'torch' in sys.modules:
            sys.modules['torch'].manual_seed(0)
        self.policy.reset()
        chunk = infer_checked(self.policy, observation)
        if isinstance(chunk, str):
            raise PolicyMismatchError(f'the policy cannot be tested: {chunk}')
        return chunk

    def change(self, one: Observation, other: Observation) -> float:
        """Return how far two answers are apart, as a share of a joint's range.

        The joint and the step with the largest distance count.
        """
        distance = np.abs(self.chunk(one).positions - self.chunk(other).positions)
        return float((distance / self.ranges).max())

    def with_image(self, camera: str, image: Image) -> Observation:
        """Return the frame with another image of one camera."""
        seen = self.observation
        return replace(seen, images={**seen.images, camera: image})


def subject_of(deployment: Deployment, policy: Policy, dataset: Path | None = None) -> Subject:
    """Return a policy with the golden frames of a dataset, or of those beside its checkpoint.

    Raises:
        VlaError: the frames cannot be read, or do not fit the deployment.
    """
    checkpoint = getattr(policy, 'checkpoint', None)
    golden = None
    if dataset is not None:
        golden = read_golden_frames(deployment, dataset)
    elif checkpoint is not None:
        path = Path(checkpoint.source) / GOLDEN_FRAMES
        golden = load_golden_frames(deployment, path) if path.is_file() else None
    return Subject(deployment, policy, golden, checkpoint)
