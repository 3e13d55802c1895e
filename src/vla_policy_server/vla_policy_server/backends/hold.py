"""A policy that stays where it is: the first step of every bring-up."""

import numpy as np
from vla_contract.contract import RobotContract
from vla_contract.values import ActionChunk, Observation, to_ns, Vector

_HORIZON = 16


class HoldPolicy:
    """Commands the joints of the first observation of an episode, for ever."""

    needs_images = False
    needs_extras: tuple[str, ...] = ()

    def __init__(self, contract: RobotContract) -> None:
        """Prepare for a robot."""
        self._period_ns = to_ns(1.0 / contract.action.fps)
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


def make_hold(contract: RobotContract, policy_path: str, device: str) -> HoldPolicy:
    """Build the policy; it has neither a checkpoint nor a device."""
    return HoldPolicy(contract)
