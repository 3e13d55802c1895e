"""Sticks, keys or a tracked hand move a tool: its pose by inverse kinematics, clutched."""

import math

import numpy as np
from vla_contract import so3
from vla_contract.deployment.cell import Cell
from vla_contract.kinematics.inverse_kinematics import InverseKinematics
from vla_contract.transforms import invert, make_transform
from vla_contract.values import Vector
from vla_teleop.devices.device_file import TOOL_AXES, ToolSettings
from vla_teleop.devices.errors import BadReadingError
from vla_teleop.devices.reading import check_motion, Deflection, Reading
from vla_teleop.mapping.alignment import Offset
from vla_teleop.mapping.groups import tool_columns

# How far the wanted pose may run ahead of the commanded one, which limits hold back: what a limit
# has cost does not have to be taken back by the hand first.
_AHEAD_M, _AHEAD_RAD = 0.05, 0.3


class ToolMotion:
    """Wishes of a device that moves a tool and its gripper.

    The pose begins where the tool is commanded; what the hand did while it was not engaged does
    not count.
    """

    def __init__(self, cell: Cell, motion: ToolSettings, rate_hz: float) -> None:
        """Load the arm.

        Args:
            cell: that is commanded.
            motion: how the device moves which tool.
            rate_hz: of the wishes [Hz].

        Raises:
            VlaError: there is no such tool, or the model cannot be read.
        """
        robot = cell.robot
        tool = robot.tool_named(motion.name) if motion.name else robot.tool
        gripper = robot.gripper_of(tool)
        self._motion, self._cell = motion, cell
        self._kinematics = InverseKinematics(cell, rate_hz, tool)
        self.columns = np.array(tool_columns(robot, motion.name))
        self.names = tuple(cell.joint_names[i] for i in self.columns)
        self._gripper = gripper
        yaw = so3.Rotation.from_euler('z', motion.yaw_deg, degrees=True)
        self._R_axes_device: Vector = yaw.as_matrix()
        self._all: Vector = cell.home
        self._T_base_tool: Vector = np.eye(4)
        self._start: Vector = np.eye(4)
        self._hand: Vector | None = None

    def offset(self, reading: Reading, commanded: Vector) -> Offset | None:
        """See `Motion`: a clutch needs no alignment."""
        check_motion(reading)
        return None

    def begin(self, reading: Reading, commanded: Vector) -> None:
        """See `Motion`."""
        check_motion(reading)
        self._all = np.array(self._cell.home)
        self._all[self.columns] = commanded
        self._T_base_tool = self._start = self._tool_at(commanded)
        self._hand = None if reading.pose is None else np.array(reading.pose.T_device_hand)

    def wish(self, reading: Reading, commanded: Vector, period_s: float) -> Vector:
        """See `Motion`."""
        check_motion(reading)
        if reading.pose is not None:
            self._T_base_tool = self._followed(reading.pose.T_device_hand)
        elif reading.deflection is not None:
            self._T_base_tool = self._pushed(reading.deflection, period_s)
        self._T_base_tool = _near(self._T_base_tool, self._tool_at(commanded))
        arm = list(self._cell.arm)
        self._all[arm] = self._kinematics.step_to(self._all[arm], self._T_base_tool)
        if self._gripper is not None:
            self._all[self._gripper] = self._gripped(reading.gripper, period_s)
        return np.array(self._all[self.columns])

    def _tool_at(self, commanded: Vector) -> Vector:
        joints = np.array(self._cell.home)
        joints[self.columns] = commanded
        return self._kinematics.tool_pose(joints[list(self._cell.arm)])

    def _pushed(self, deflection: Deflection, period_s: float) -> Vector:
        move = self._R_axes_device @ np.array(deflection.linear)
        turn = self._R_axes_device @ np.array(deflection.angular)
        shift = move * self._motion.speed_m_s * period_s
        rotation = _rotation(turn * self._motion.turn_rad_s * period_s)
        return self._moved(self._T_base_tool, shift, rotation)

    def _followed(self, T_device_hand: Vector) -> Vector:
        if self._hand is None:
            raise BadReadingError('pose', 'one after none', 'one from the beginning on')
        # In the axes of the device, or in those of the hand as it began: T^-1 moves into them.
        T_axes_device = np.eye(4) if self._motion.axes != TOOL_AXES else invert(self._hand)
        before, now = T_axes_device @ self._hand, T_axes_device @ T_device_hand
        R = self._R_axes_device
        shift = self._motion.scale * R @ (now[:3, 3] - before[:3, 3])
        turned = now[:3, :3] @ before[:3, :3].T
        return self._moved(self._start, shift, R @ turned @ R.T)

    def _moved(self, pose: Vector, shift: Vector, rotation: Vector) -> Vector:
        position, turned = pose[:3, 3], pose[:3, :3]
        if self._motion.axes == TOOL_AXES:
            return make_transform(position + turned @ shift, turned @ rotation)
        return make_transform(position + shift, rotation @ turned)

    def _gripped(self, deflection: float, period_s: float) -> float:
        joint = self._cell.joints[self._gripper or 0]
        towards_open = math.copysign(1.0, joint.open - joint.closed)
        span = joint.upper - joint.lower
        step = deflection * self._motion.gripper_per_s * period_s * span * towards_open
        return min(max(float(self._all[self._gripper]) + step, joint.lower), joint.upper)


def _rotation(turn: Vector) -> Vector:
    matrix: Vector = so3.Rotation.from_rotvec(turn).as_matrix()
    return matrix


def _near(wanted: Vector, commanded: Vector) -> Vector:
    """Return a pose no farther from the commanded one than a wish may run ahead."""
    shift = wanted[:3, 3] - commanded[:3, 3]
    distance = float(np.linalg.norm(shift))
    turn = so3.Rotation.from_matrix(wanted[:3, :3] @ commanded[:3, :3].T).as_rotvec()
    angle = float(np.linalg.norm(turn))
    if distance > _AHEAD_M:
        shift = shift * (_AHEAD_M / distance)
    if angle > _AHEAD_RAD:
        turn = turn * (_AHEAD_RAD / angle)
    return make_transform(commanded[:3, 3] + shift, _rotation(turn) @ commanded[:3, :3])
