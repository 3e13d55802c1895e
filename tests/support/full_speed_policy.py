"""A policy that swings the first joint at its speed limit, for tests of what stops it."""

import numpy as np
from vla_contract.deployment.deployment import Deployment
from vla_contract.policy import Policy
from vla_contract.values import ActionChunk, NS_PER_S, Observation, to_ns

_AMPLITUDE_RAD = 0.5


class FullSpeed:
    """Follows a sine whose steepest part is a share of the velocity limit, whatever it sees."""

    needs_images = False
    needs_extras = ()

    def __init__(self, deployment: Deployment, share: float = 1.0) -> None:
        self._home = deployment.cell.home
        self._period_ns = to_ns(1.0 / deployment.policy.rate_hz)
        self._rate = share * deployment.cell.joints[0].velocity / _AMPLITUDE_RAD

    def infer(self, observation: Observation) -> ActionChunk:
        """Return 16 steps of the sine from the observation's time on."""
        times = observation.stamp_ns / NS_PER_S + np.arange(16) * self._period_ns / NS_PER_S
        positions = np.tile(self._home, (16, 1))
        positions[:, 0] += _AMPLITUDE_RAD * np.sin(self._rate * times)
        return ActionChunk(observation.stamp_ns, self._period_ns, positions)

    def reset(self) -> None:
        """Do nothing."""


def make(deployment: Deployment, device: str) -> Policy:
    """Build the policy, as the backend 'support.full_speed_policy:make'."""
    return FullSpeed(deployment)


def make_quarter(deployment: Deployment, device: str) -> Policy:
    """Build one of a quarter of the speed: at a tenth of it, an arm still gets somewhere."""
    return FullSpeed(deployment, share=0.25)
