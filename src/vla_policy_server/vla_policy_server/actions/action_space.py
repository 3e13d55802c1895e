"""What the numbers of a policy's actions mean, as positions of the contract's joints."""

from typing import Protocol

from vla_contract.contract import END_EFFECTOR_DELTA, JOINT_POSITION, RobotContract
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
        """Return joint positions in the contract's order, shape (T, D) [rad or m].

        The first is due when the policy looked; moves that begin there have one row more.

        Args:
            actions: finite numbers, shape (T, width).
            state: joints when the policy looked, contract order, shape (D,) [rad or m].
        """
        ...


class JointPositions:
    """Actions that are positions of the joints, in the order of the contract's action names."""

    def __init__(self, contract: RobotContract) -> None:
        """Prepare for a robot."""
        self.width = len(contract.action.names)
        self._map = JointMap(contract.action.names, contract.joint_names, 'contract actions')

    def to_joints(self, actions: Vector, state: Vector) -> Vector:
        """Return the positions in the contract's order."""
        return self._map(actions)


def make_action_space(contract: RobotContract, kind: str) -> ActionSpace:
    """Return the meaning of a kind of action on a robot.

    Raises:
        PolicyError: the kind is unknown, or the contract does not say how it is meant.
    """
    if kind == JOINT_POSITION:
        return JointPositions(contract)
    if kind != END_EFFECTOR_DELTA:
        raise PolicyError(
            f'actions are of kind {kind!r:.40}; allowed: {JOINT_POSITION}, {END_EFFECTOR_DELTA}'
        )
    if contract.action.end_effector is None:
        raise PolicyError(
            f'the policy answers with {END_EFFECTOR_DELTA}, contract {contract.name} with '
            f'{contract.action.kind}: give the contract an action.end_effector section'
        )
    # mink and MuJoCo are imported only where a policy moves the tool.
    from vla_policy_server.actions.end_effector_deltas import EndEffectorDeltas

    return EndEffectorDeltas(contract, contract.action.end_effector)
