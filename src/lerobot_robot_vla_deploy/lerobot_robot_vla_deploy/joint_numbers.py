"""State and action of the robot by the names that LeRobot's loops use."""

from collections.abc import Mapping

import numpy as np
from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import NameMismatchError
from vla_contract.values import Vector
from vla_contract.vectors.vector_codec import VectorCodec
from vla_lerobot.column_names import JOINT_SUFFIX


class JointNumbers:
    """Names and converts numbers as the policy of a deployment has them.

    Every name ends in '.pos', also of what is no position: `lerobot-rollout` drops others.

    Attributes:
        state_names: of the numbers of a state, in the order of observation.state.
        action_names: of those of an action, in its order.
    """

    def __init__(self, deployment: Deployment) -> None:
        """Prepare for the numbers of a policy."""
        self._codec = VectorCodec(deployment)
        policy = deployment.policy
        self.state_names, self.action_names = (
            tuple(name + JOINT_SUFFIX for name in names)
            for names in (policy.state_names, policy.action_names)
        )

    def state(self, joints: Vector) -> dict[str, float]:
        """Return the state of joints, shape (D,) [rad or m], by name."""
        numbers = self._codec.encode(joints)
        return dict(zip(self.state_names, numbers.tolist(), strict=True))

    def target(self, action: Mapping[str, float], joints: Vector) -> Vector:
        """Return where an action wants the joints.

        Args:
            action: its numbers by name, with the suffix or without.
            joints: measured, shape (D,) [rad or m].

        Returns:
            Positions, shape (D,) [rad or m].

        Raises:
            NameMismatchError: a number is missing, or of another robot.
            PolicyError: a number is not finite, or what no tool can do.
        """
        given = {name.removesuffix(JOINT_SUFFIX) + JOINT_SUFFIX: n for name, n in action.items()}
        if given.keys() != set(self.action_names):
            raise NameMismatchError('action', self.action_names, given)
        numbers = np.array([float(given[name]) for name in self.action_names])
        target: Vector = self._codec.decode_steps(numbers[np.newaxis], joints[np.newaxis])[0]
        return target

    def action(self, command: Vector, joints: Vector) -> dict[str, float]:
        """Return the action that asks measured joints for a command, shape (D,) each, by name."""
        numbers = self._codec.encode_steps(command[np.newaxis], joints[np.newaxis])[0]
        return dict(zip(self.action_names, numbers.tolist(), strict=True))
