"""A policy that stays where it is: the first step of every bring-up."""

import numpy as np
from vla_contract.deployment.deployment import Deployment
from vla_contract.values import ActionChunk, Observation, to_ns, Vector

_HORIZON = 16


class HoldPolicy:
    """Commands the joints of the first observation of an episode, for ever."""

    needs_images = False
    needs_extras: tuple[str, ...] = ()

    def __init__(self, deployment: Deployment) -> None:
        """Prepare for the rate of the policy."""
        self._period_ns = to_ns(1.0 / deployment.policy.rate_hz)
        self._anchor: Vector | None = None

    def infer(self, observation: Observation) -> ActionChunk:
        """Return the anchor, repeated."""
        if self._anchor is None:
            self._anchor = observation.state
        positions = np.tile(self._anchor, (_HORIZON, 1))
        return ActionChunk(observation.stamp_ns, self._period_ns, positions)

    def reset(self) -> None:
        """Anchor anew at the next observation."""
        self._anchor = None


def make_hold(deployment: Deployment, device: str) -> HoldPolicy:
    """Build the policy; it has neither a checkpoint nor a device."""
    return HoldPolicy(deployment)
