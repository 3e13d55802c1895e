"""A policy without a memory that says in which process it ran; Ray's processes import it."""

from collections.abc import Sequence
import os

import numpy as np
from vla_contract.deployment.deployment import Deployment
from vla_contract.values import ActionChunk, Observation


class EchoPolicy:
    """Repeats the state; the second step holds the number of its process."""

    needs_images = False
    needs_extras: tuple[str, ...] = ()

    def infer(self, observation: Observation) -> ActionChunk:
        steps = np.stack([observation.state, np.full_like(observation.state, os.getpid())])
        return ActionChunk(observation.stamp_ns, 10**8, steps)

    def infer_batch(self, observations: Sequence[Observation]) -> list[ActionChunk]:
        return [self.infer(observation) for observation in observations]

    def reset(self) -> None:
        pass


def make(deployment: Deployment, device: str) -> EchoPolicy:
    return EchoPolicy()
