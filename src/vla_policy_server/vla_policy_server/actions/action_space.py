"""What the numbers of a policy's actions mean, as positions of the cell's joints."""

from typing import Protocol

from vla_contract.deployment.deployment import Deployment
from vla_contract.deployment.policy_file import END_EFFECTOR_DELTA, JOINT_POSITION
from vla_contract.errors import PolicyError
from vla_contract.joints.joint_map import JointMap
from vla_contract.values import Vector


class ActionSpace(Protocol):
    """A meaning of action vectors.

    Attributes:
        width: numbers in one action.
    """

    width: int

    def to_joints(self, actions: Vector, state: Vector) -> Vector:
        """Return joint positions in the cell's order, shape (T, D) [rad or m].

        The first is due when the policy looked; moves that begin there have one row more.

        Args:
            actions: finite numbers, shape (T, width).
            state: joints when the policy looked, the cell's order, shape (D,) [rad or m].
        """
        ...


class JointPositions:
    """Actions that are positions of the joints, in the order of the policy's action names."""

    def __init__(self, deployment: Deployment) -> None:
        """Prepare for a policy on a robot."""
        names = deployment.policy.action_names
        self.width = len(names)
        self._map = JointMap(names, deployment.cell.joint_names, 'policy actions')

    def to_joints(self, actions: Vector, state: Vector) -> Vector:
        """Return the positions in the cell's order."""
        return self._map(actions)


def make_action_space(deployment: Deployment, kind: str) -> ActionSpace:
    """Return the meaning of a kind of action of a policy on a robot.

    Raises:
        PolicyError: the kind is unknown, or the policy file does not say how it is meant.
    """
    if kind == JOINT_POSITION:
        return JointPositions(deployment)
    if kind != END_EFFECTOR_DELTA:
        raise PolicyError(
            f'actions are of kind {kind!r:.40}; allowed: {JOINT_POSITION}, {END_EFFECTOR_DELTA}'
        )
    policy = deployment.policy
    if policy.end_effector is None:
        raise PolicyError(
            f'the policy answers with {END_EFFECTOR_DELTA}, the file of policy {policy.name} says '
            f'{policy.action_kind}: give its action that quantity and an end_effector section'
        )
    # mink and MuJoCo are imported only where a policy moves the tool.
    from vla_policy_server.actions.end_effector_deltas import EndEffectorDeltas

    return EndEffectorDeltas(deployment, policy.end_effector)
