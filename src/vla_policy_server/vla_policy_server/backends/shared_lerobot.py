"""One LeRobot checkpoint for many robots: their observations go through the network together."""

from collections.abc import Sequence
from typing import Any

from vla_contract.policy import Policy
from vla_contract.values import ActionChunk, Observation
from vla_policy_server.backends.lerobot_policy import LeRobotPolicy
from vla_policy_server.precision.evidence import REFERENCE
from vla_policy_server.precision.predictor import Batch


class SharedLeRobotPolicy:
    """A LeRobot policy that looks at one observation only, and so remembers nothing."""

    needs_images = True
    needs_extras: tuple[str, ...] = ()

    def __init__(self, policy: LeRobotPolicy) -> None:
        """Share a loaded policy."""
        self._policy = policy

    def infer(self, observation: Observation) -> ActionChunk:
        """Return one robot's chunk."""
        return self._policy.infer(observation)

    def infer_batch(self, observations: Sequence[Observation]) -> list[ActionChunk]:
        """Return each robot's chunk; exported graphs take one observation at a time."""
        if self._policy.precision != REFERENCE:
            return [self._policy.infer(observation) for observation in observations]
        import torch

        with torch.inference_mode():
            batch = join([self._policy.prepare(observation) for observation in observations])
            chunks = self._policy.predictor.predict_action_chunk(batch)
            return self._policy.complete(chunks, observations)

    def reset(self) -> None:
        """Nothing is remembered."""


def share(policy: Policy) -> Policy:
    """Return a policy that robots can share where that is possible, else the policy itself."""
    if not isinstance(policy, LeRobotPolicy):
        return policy
    if policy.checkpoint.network.config.n_obs_steps != 1:
        return policy  # it keeps earlier observations
    return SharedLeRobotPolicy(policy)


def join(batches: Sequence[Batch]) -> Batch:
    """Return the pre-processed observations of several robots as one batch."""
    import torch

    joined: dict[str, Any] = dict(batches[0])
    for key, value in joined.items():
        if isinstance(value, torch.Tensor):
            joined[key] = torch.cat([batch[key] for batch in batches])
        elif isinstance(value, list):
            joined[key] = [entry for batch in batches for entry in batch[key]]
    return joined
