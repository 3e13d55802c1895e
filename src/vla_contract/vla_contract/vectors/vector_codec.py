"""The one place where a policy's numbers become joint positions, and joint positions numbers."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from vla_contract.deployment.deployment import Deployment
from vla_contract.values import Vector
from vla_contract.vectors.component import (
    Component,
    has_tools,
    JOINT_MOVES,
    JOINT_POSITION,
    JOINT_VELOCITY,
    RELATIVE_TO_STATE,
)
from vla_contract.vectors.tool_path import ToolPath
from vla_contract.vectors.tool_vector import ToolVector, vector_of


class VectorCodec:
    """Encodes joints as a policy's state and action, and decodes them, as its file says.

    Joints are positions in the cell's order [rad or m]. Numbers stand in the policy's order and
    units. What they say of tools is computed by kinematics: a state with the pose of a tool can be
    encoded only. Of an end_effector_delta an action is what datasets hold of it: the positions of
    the joints that the moves become.

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
            state_names: numbers in the order of the state where it is not the policy file's, as
                in a dataset; some of them for a part of the state, which can only be encoded.
            action_names: likewise of the action.

        Raises:
            NameMismatchError: there is no such joint or number of a tool, or one is named twice.
        """
        cell, policy = deployment.cell, deployment.policy
        actions, what = _actions(deployment), f'policy {policy.name}'
        self.state = vector_of(state_names, policy.state, cell, f'{what}: state')
        self.action = vector_of(action_names, actions, cell, f'{what}: action')
        self._path: ToolPath | None = None
        if isinstance(self.action, ToolVector):
            self._path = ToolPath(self.action, cell, policy.rate_hz)
        kinds = {name: c.quantity for c in actions for name in c.joints}
        quantities = [kinds.get(name, JOINT_POSITION) for name in cell.joint_names]
        self._from_state = _is(quantities, (RELATIVE_TO_STATE, *JOINT_MOVES))
        self._adds_up = _is(quantities, JOINT_MOVES)
        self._moves = self._adds_up.copy()
        self._moves[self._path.moves if self._path else []] = True
        self._step = np.where(
            _is(quantities, (JOINT_VELOCITY,)), 1.0 / policy.rate_hz, 1.0
        )  # [s], or 1

    @property
    def needs_state(self) -> bool:
        """Whether an action means a position only together with the joints that were seen."""
        return self._path is not None or bool(self._from_state.any())

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
            PolicyError: another width, a number that is not finite, or a state with the pose of a
                tool, of which joints cannot be told.
        """
        return self.state.decode(state)

    def decode(self, actions: Vector, joints: Vector, is_checked: bool = True) -> Vector:
        """Return where the joints are to be by a chunk of actions.

        The first position, or pose of a tool, is due when the policy looked. The first of several
        moves is due one period later: then the positions begin with where the joints were seen,
        and have one row more. A lone move is a chunk of one step, which is due then anyway.

        Args:
            actions: shape (K, A).
            joints: when the policy looked, shape (D,).
            is_checked: False lets numbers pass that are not finite, for who looks at them later.

        Returns:
            Positions, shape (K, D), or (K + 1, D) for several moves.

        Raises:
            PolicyError: another width, a number that is not finite, or what no tool can do.
        """
        values = self._values(actions, is_checked)
        positions = self._step * values[:, : len(self._step)]
        positions[:, self._adds_up] = np.cumsum(positions[:, self._adds_up], axis=0)
        positions[:, self._from_state] += np.asarray(joints)[self._from_state]
        if self._path is not None:
            self._path.follow(values, positions, joints)
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
        before = np.concatenate([joints[np.newaxis], positions[:-1]])
        said = positions.copy()
        said[:, self._from_state] -= joints[self._from_state]
        moves = said[:, self._adds_up]
        said[:, self._adds_up] = np.diff(moves, axis=0, prepend=np.zeros_like(moves[:1]))
        return self._numbers(positions, before, said / self._step)

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
        values = self._values(actions, is_checked)
        positions: Vector = self._step * values[:, : len(self._step)]
        positions = positions + np.where(self._from_state, joints, 0.0)
        if self._path is not None:
            for row, seen in enumerate(np.asarray(joints)):
                self._path.follow(values[row : row + 1], positions[row : row + 1], seen)
        return positions

    def encode_steps(self, positions: Vector, joints: Vector) -> Vector:
        """Return the single action of each position: the inverse of `decode_steps`."""
        positions = np.asarray(positions, dtype=np.float64)
        said = (positions - np.where(self._from_state, joints, 0.0)) / self._step
        return self._numbers(positions, np.asarray(joints), said)

    def _values(self, actions: Vector, is_checked: bool) -> Vector:
        """Return what actions say, in SI: of each joint, then of tools, shape (..., D + T)."""
        if isinstance(self.action, ToolVector):
            return self.action.decode_values(actions, is_checked)
        return self.action.decode(actions, is_checked)

    def _numbers(self, positions: Vector, before: Vector, said: Vector) -> Vector:
        """Return actions that lead from joints before to positions, shape (..., A)."""
        if isinstance(self.action, ToolVector):
            return self.action.encode_values(self.action.values(positions, before, said))
        return self.action.encode(said)


def joint_state_names(deployment: Deployment) -> tuple[str, ...]:
    """Return names of numbers of a state from which the joints of all can be told.

    They are the policy's, or the joints where its state says of an arm only where its tool is.
    Between a robot and a worker of ours states have these names.
    """
    policy, cell = deployment.policy, deployment.cell
    return cell.joint_names if has_tools(policy.state) else policy.state_names


def in_si(deployment: Deployment) -> Deployment:
    """Return a deployment whose policy has the joints of all, as positions in rad and m."""
    policy, joints = deployment.policy, deployment.cell.joint_names
    action = joints if has_tools(policy.action) else policy.action_names
    plain = replace(
        policy,
        state=(Component(joints=joint_state_names(deployment)),),
        action=(Component(joints=action),),
    )
    return replace(deployment, policy=plain)


def _actions(deployment: Deployment) -> tuple[Component, ...]:
    """Return what actions hold; of an end_effector_delta the joints that the moves become."""
    policy = deployment.policy
    if policy.end_effector is None:
        return policy.action
    return (Component(joints=policy.action_names),)


def _is(quantities: Sequence[str], wanted: Sequence[str]) -> NDArray[np.bool_]:
    return np.array([quantity in wanted for quantity in quantities])
