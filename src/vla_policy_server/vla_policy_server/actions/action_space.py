"""What the numbers of a policy's actions mean, as positions of the cell's joints."""

from typing import Protocol

from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import PolicyError
from vla_contract.values import Vector
from vla_contract.vectors.component import END_EFFECTOR_DELTA, JOINT_POSITION, QUANTITIES
from vla_contract.vectors.vector_codec import in_si, VectorCodec


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


class JointActions:
    """Actions of joints, in the order and the units of a policy."""

    def __init__(self, codec: VectorCodec) -> None:
        """Take what the numbers mean."""
        self.width = codec.action.width
        self._codec = codec

    def to_joints(self, actions: Vector, state: Vector) -> Vector:
        """Return the positions in the cell's order."""
        return self._codec.decode(actions, state)


def make_action_space(deployment: Deployment, kind: str) -> ActionSpace:
    """Return the meaning of a kind of action of a policy on a robot.

    Args:
        deployment: cell and policy.
        kind: the policy file's `action_kind`, or joint_position of who has made positions of the
            policy's moves: those are rad and m, in the order of its action names.

    Raises:
        PolicyError: the kind is unknown, or the policy file does not say how it is meant.
    """
    policy = deployment.policy
    if kind not in QUANTITIES:
        raise PolicyError(f'actions are of kind {kind!r:.40}; allowed: {", ".join(QUANTITIES)}')
    if kind == JOINT_POSITION != policy.action_kind:
        return JointActions(VectorCodec(in_si(deployment)))
    if kind != policy.action_kind:
        raise PolicyError(
            f'the policy answers with {kind}, the file of policy {policy.name} says '
            f'{policy.action_kind}: give its action that quantity'
            + (' and an end_effector section' if kind == END_EFFECTOR_DELTA else '')
        )
    if policy.end_effector is None:
        return JointActions(VectorCodec(deployment))
    # mink and MuJoCo are imported only where a policy moves the tool.
    from vla_policy_server.actions.end_effector_deltas import EndEffectorDeltas

    return EndEffectorDeltas(deployment, policy.end_effector)
