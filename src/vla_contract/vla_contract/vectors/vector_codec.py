"""The one place where a policy's numbers become joint positions, and joint positions numbers."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from vla_contract.deployment.deployment import Deployment
from vla_contract.values import Vector
from vla_contract.vectors.component import (
    Component,
    JOINT_MOVES,
    JOINT_VELOCITY,
    RELATIVE_TO_STATE,
)
from vla_contract.vectors.scale import joint_scales, JointScale, VectorScale


class VectorCodec:
    """Encodes joints as a policy's state and action, and decodes them, as its file says.

    Joints are positions in the cell's order [rad or m]. Numbers stand in the policy's order and
    units. Where the policy moves the tool, an action is what datasets hold of it: the positions of
    the joints that the moves become; the moves themselves need kinematics.

    Attributes:
        state: the numbers of observation.state.
        action: the numbers of an action.
    """

    def __init__(
        self,
        deployment: Deployment,
        state_names: Sequence[str] = (),
        action_names: Sequence[str] = (),
    ) -> None:
        """Prepare for a policy in a cell.

        Args:
            deployment: cell and policy file.
            state_names: joints in the order of the state where it is not the policy file's, as
                in a dataset; some of them for a part of the state, which can only be encoded.
            action_names: likewise of the action.

        Raises:
            NameMismatchError: the cell lacks a joint, or one is named twice.
        """
        cell, policy = deployment.cell, deployment.policy
        states, actions = joint_scales(policy.state, cell), _action_scales(deployment)
        self.state = VectorScale(
            state_names or policy.state_names, states, cell, f'policy {policy.name}: state'
        )
        self.action = VectorScale(
            action_names or policy.action_names, actions, cell, f'policy {policy.name}: action'
        )
        quantities = [actions[name].quantity for name in cell.joint_names]
        self._from_state = _is(quantities, (RELATIVE_TO_STATE, *JOINT_MOVES))
        self._moves = _is(quantities, JOINT_MOVES)
        self._step = np.where(
            _is(quantities, (JOINT_VELOCITY,)), 1.0 / policy.rate_hz, 1.0
        )  # [s], or 1

    @property
    def needs_state(self) -> bool:
        """Whether an action means a position only together with the joints that were seen."""
        return bool(self._from_state.any())

    @property
    def has_moves(self) -> bool:
        """Whether actions follow one another from where the policy saw the joints."""
        return bool(self._moves.any())

    def encode(self, joints: Vector) -> Vector:
        """Return the policy's state of joints, shape (..., D) to (..., S).

        Raises:
            PolicyError: another width, or a position that is not finite.
        """
        return self.state.encode(joints)

    def decode_state(self, state: Vector) -> Vector:
        """Return the joints of a policy's state, shape (..., S) to (..., D).

        Raises:
            PolicyError: another width, or a number that is not finite.
        """
        return self.state.decode(state)

    def decode(self, actions: Vector, joints: Vector, is_checked: bool = True) -> Vector:
        """Return where the joints are to be by a chunk of actions.

        The first position is due when the policy looked. The first of several moves is due one
        period later: then the positions begin with where the joints were seen, and have one row
        more. A lone move is a chunk of one step, which is due then anyway.

        Args:
            actions: shape (K, A).
            joints: when the policy looked, shape (D,).
            is_checked: False lets numbers pass that are not finite, for who looks at them later.

        Returns:
            Positions, shape (K, D), or (K + 1, D) for several moves.

        Raises:
            PolicyError: another width, or a number that is not finite.
        """
        positions = self._step * self.action.decode(actions, is_checked)
        positions[:, self._moves] = np.cumsum(positions[:, self._moves], axis=0)
        positions[:, self._from_state] += np.asarray(joints)[self._from_state]
        if not self.has_moves or len(positions) == 1:
            return positions
        start = positions[:1].copy()  # joints without moves are where the first action wants them
        start[0, self._moves] = np.asarray(joints)[self._moves]
        return np.concatenate([start, positions])

    def encode_actions(self, positions: Vector, joints: Vector) -> Vector:
        """Return the actions of a chunk of positions: the inverse of `decode`.

        Args:
            positions: shape (K, D), or (K + 1, D) for K > 1 moves.
            joints: when the policy looked, shape (D,).

        Returns:
            shape (K, A).
        """
        positions, joints = np.array(positions, dtype=np.float64), np.asarray(joints)
        if self.has_moves and len(positions) > 1:
            positions = positions[1:]
        positions[:, self._from_state] -= joints[self._from_state]
        moves = positions[:, self._moves]
        positions[:, self._moves] = np.diff(moves, axis=0, prepend=np.zeros_like(moves[:1]))
        return self.action.encode(positions / self._step)

    def decode_steps(self, actions: Vector, joints: Vector, is_checked: bool = True) -> Vector:
        """Return where each of many single actions wants the joints, as a dataset holds them.

        Args:
            actions: shape (N, A).
            joints: measured with each, shape (N, D).
            is_checked: as for `decode`.

        Returns:
            Positions, shape (N, D).

        Raises:
            PolicyError: another width, or a number that is not finite.
        """
        positions = self._step * self.action.decode(actions, is_checked)
        found: Vector = positions + np.where(self._from_state, joints, 0.0)
        return found

    def encode_steps(self, positions: Vector, joints: Vector) -> Vector:
        """Return the single action of each position: the inverse of `decode_steps`."""
        seen = np.where(self._from_state, joints, 0.0)
        return self.action.encode((np.asarray(positions, dtype=np.float64) - seen) / self._step)


def in_si(deployment: Deployment) -> Deployment:
    """Return a deployment whose policy has the same joints, as positions in rad and m."""
    policy = deployment.policy
    plain = replace(
        policy,
        state=(Component(joints=policy.state_names),),
        action=(Component(joints=policy.action_names),),
    )
    return replace(deployment, policy=plain)


def _action_scales(deployment: Deployment) -> dict[str, JointScale]:
    """Return what the numbers of each joint mean; of moves of the tool, the joints they become."""
    policy = deployment.policy
    moved = (Component(joints=policy.action_names),)
    components = policy.action if policy.end_effector is None else moved
    return joint_scales(components, deployment.cell)


def _is(quantities: Sequence[str], wanted: Sequence[str]) -> NDArray[np.bool_]:
    return np.array([quantity in wanted for quantity in quantities])
