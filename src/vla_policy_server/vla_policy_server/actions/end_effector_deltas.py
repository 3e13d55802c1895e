"""Moves of the tool as positions of the joints, step by step along a chunk."""

import numpy as np
from vla_contract import so3
from vla_contract.deployment.deployment import Deployment
from vla_contract.deployment.end_effector import EndEffectorDelta
from vla_contract.kinematics.inverse_kinematics import InverseKinematics
from vla_contract.transforms import make_transform
from vla_contract.values import Vector
from vla_contract.vectors.tool_numbers import require_possible


class EndEffectorDeltas:
    """Actions of three numbers of translation, three of rotation and one of the gripper.

    Each move starts where the one before has brought the tool, the first one at the pose that the
    policy saw. What limits forbid is left out and not made up for later. The first move is due one
    period after the policy looked: several moves begin with the pose that it saw. A lone one is a
    chunk of one step, which is due then anyway.
    """

    width = 7

    def __init__(self, deployment: Deployment, meaning: EndEffectorDelta) -> None:
        """Load the kinematics of a robot.

        Raises:
            ContractError: its model cannot be used.
            ResourceNotFoundError: its model is missing.
        """
        cell = deployment.cell
        self._kinematics = InverseKinematics(cell, deployment.policy.rate_hz)
        self._meaning = meaning
        self._arm = list(cell.arm)
        self._grippers = [(i, cell.joints[i]) for i in cell.grippers]

    def to_joints(self, actions: Vector, state: Vector) -> Vector:
        """Return joint positions in the cell's order [rad or m].

        Args:
            actions: shape (T, 7), finite.
            state: joints when the policy looked, the cell's order, shape (D,) [rad or m].

        Returns:
            shape (T + 1, D), the state and the end of every move; (1, D) for one move.

        Raises:
            PolicyError: a move is so long that its unit must be another one.
        """
        positions = np.tile(state, (len(actions), 1))
        arm = state[self._arm]
        for row, action in zip(positions, actions, strict=True):
            target = self._target(self._kinematics.tool_pose(arm), action)
            arm = self._kinematics.step_to(arm, target)
            row[self._arm] = arm
            for i, joint in self._grippers:
                row[i] = joint.open + self._closing(action[6]) * (joint.closed - joint.open)
        if len(positions) == 1:
            return positions
        start = positions[:1].copy()  # with the fingers of the first move
        start[0, self._arm] = state[self._arm]
        return np.concatenate([start, positions])

    def _target(self, T_base_tool: Vector, action: Vector) -> Vector:
        meaning = self._meaning
        move = meaning.metres_per_unit * action[:3]
        angles = meaning.radians_per_unit * action[3:6]
        require_possible(move, angles, 'action.end_effector')
        if meaning.rotation == 'axis_angle':
            turn = so3.Rotation.from_rotvec(angles).as_matrix()
        else:
            turn = so3.Rotation.from_euler('xyz', angles).as_matrix()  # about fixed axes
        if meaning.frame == 'tool':
            return T_base_tool @ make_transform(move, turn)
        return make_transform(T_base_tool[:3, 3] + move, turn @ T_base_tool[:3, :3])

    def _closing(self, number: float) -> float:
        """Return how far closed a gripper is meant to be, 0 open to 1 closed."""
        is_open, is_closed = self._meaning.gripper_open, self._meaning.gripper_closed
        return float(np.clip((number - is_open) / (is_closed - is_open), 0.0, 1.0))
