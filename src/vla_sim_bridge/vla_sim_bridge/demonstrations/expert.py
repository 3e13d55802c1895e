"""A scripted expert that lifts the cube: Cartesian feedback from the true cube pose.

Stateless: every decision follows from the joints and the cube, so it can be asked at any moment,
after a disturbance or in the middle of another policy's episode.
"""

from dataclasses import dataclass

import numpy as np
from vla_contract import so3
from vla_contract.deployment.deployment import Deployment
from vla_contract.deployment.robot import Joint
from vla_contract.errors import PolicyError
from vla_contract.policy import CUBE_POSE
from vla_contract.transforms import xyzw_from_wxyz
from vla_contract.values import ActionChunk, Observation, to_ns, Vector
from vla_sim_bridge.physics.kinematics import ArmKinematics
from vla_sim_bridge.scene.scene import build_model

_HOVER_M, _GRASP_M, _LIFT_M = 0.13, 0.02, 0.20
_STEP_M, _STEP_RAD = 0.045, 0.25
# At the cube the tool may be off by half of what remains on either side between open fingers;
# higher up it may be further off, since it converges while it descends.
_CUBE_M, _ALIGNED_RAD, _FUNNEL = 0.04, 0.12, 0.2
_GRASP_HEIGHT_TOLERANCE_M = 0.008
# By the share of the way from open to closed, fingers close by at least this per period, until the
# pads meet the cube; linkages that are not linear read it as a bit more or less than it is.
_CLOSING, _BEGUN = 0.1875, 0.125
_MET_M, _HELD_M = _CUBE_M - 0.003, _CUBE_M + 0.0046
# Share of a commanded step that servos with a time constant of one period cover in that period.
_FOLLOWED = 0.6


@dataclass(frozen=True)
class _Scene:
    """What the expert decides on: tool, cube relative to it, and fingers."""

    tool: Vector
    cube: Vector
    yaw_error: float
    closing: float
    fingers: '_Fingers'

    @property
    def offset_m(self) -> float:
        return float(np.hypot(*(self.cube[:2] - self.tool[:2])))

    @property
    def is_aligned(self) -> bool:
        slack = _FUNNEL * max(0.0, float(self.tool[2]) - _GRASP_M)
        return (
            self.offset_m < self.fingers.room_m + slack
            and abs(self.yaw_error) < _ALIGNED_RAD + slack
        )

    @property
    def is_around_cube(self) -> bool:
        height = self.tool[2] - self.cube[2]
        return self.offset_m < 2 * self.fingers.room_m and height < _GRASP_HEIGHT_TOLERANCE_M


class _Fingers:
    """The gripper joint as a share of the way from open, 0, to closed, 1."""

    def __init__(self, joint: Joint) -> None:
        self._open, self._way = joint.open, joint.closed - joint.open
        self.room_m = (joint.opening_m - _CUBE_M) / 4
        self.met = 1.0 - _MET_M / joint.opening_m
        self.held = 1.0 - _HELD_M / joint.opening_m

    def closing(self, position: float) -> float:
        return float(position - self._open) / self._way

    def position(self, closing: float) -> float:
        return self._open + closing * self._way


class ScriptedExpert:
    """Plans chunks of commanded joint positions from the joints and the cube's pose."""

    needs_images = False
    needs_extras = (CUBE_POSE,)

    def __init__(self, deployment: Deployment, kinematics: ArmKinematics) -> None:
        """Prepare for a robot with one gripper joint.

        Args:
            deployment: the cell, and the rate of the steps that are planned.
            kinematics: of the cell's robot.

        Raises:
            PolicyError: the cell has no gripper, or it is too small for the cube.
        """
        cell = deployment.cell
        if not cell.grippers:
            raise PolicyError(f'backend scripted needs a gripper; cell {cell.name} has none')
        self._kinematics = kinematics
        self._arm = np.array(cell.arm)
        self._gripper = cell.grippers[0]
        joint = cell.joints[self._gripper]
        if joint.opening_m <= _HELD_M:
            raise PolicyError(
                f'backend scripted: gripper {joint.name} of cell {cell.name}: opening_m: '
                f'found {joint.opening_m:g}; allowed: more than {_HELD_M:g}'
            )
        self._fingers = _Fingers(joint)
        self._period_ns = to_ns(1.0 / deployment.policy.rate_hz)

    def infer(self, observation: Observation) -> ActionChunk:
        """Plan eight steps, assuming that the arm follows and the cube stays or is carried."""
        cube = observation.extras[CUBE_POSE]
        positions = self.plan(observation.state, cube, horizon=8)
        return ActionChunk(observation.stamp_ns, self._period_ns, positions)

    def reset(self) -> None:
        """Do nothing: the expert remembers nothing."""

    def plan(self, state: Vector, cube_pose: Vector, horizon: int) -> Vector:
        """Return the next commanded positions, shape (horizon, D).

        Args:
            state: joints now, the cell's order, shape (D,).
            cube_pose: position and wxyz, shape (7,).
            horizon: number of steps.
        """
        state, cube = np.array(state), np.array(cube_pose[:3])
        yaw = _cube_yaw(cube_pose[3:])
        fingers, steps = self._fingers, []
        for _ in range(horizon):
            before, rotation = self._kinematics.tool_pose(state[self._arm])
            turn = _folded(yaw - _tool_yaw(rotation))
            closing = fingers.closing(state[self._gripper])
            scene = _Scene(before, cube, turn, closing, fingers)
            target, closed = _decide(scene)
            command = state.copy()
            command[self._arm] = self._move(state[self._arm], before, target, rotation, scene)
            command[self._gripper] = fingers.position(float(closed))
            steps.append(command)
            state = self._follow(state, command, closed)
            if closed and fingers.closing(state[self._gripper]) >= fingers.held:
                cube = cube + self._kinematics.tool_pose(state[self._arm])[0] - before
        return np.array(steps)

    def _move(
        self, arm: Vector, now: Vector, target: Vector, rotation: Vector, scene: _Scene
    ) -> Vector:
        delta = target - now
        distance = float(np.linalg.norm(delta))
        delta *= min(1.0, _STEP_M / max(distance, 1e-9))
        turn = float(np.clip(scene.yaw_error, -_STEP_RAD, _STEP_RAD))
        wanted = _about_z(_tool_yaw(rotation) + turn) @ np.diag([1.0, -1.0, -1.0])
        return self._kinematics.step_towards(arm, now + delta, wanted)

    def _follow(self, state: Vector, command: Vector, closed: bool) -> Vector:
        """Predict the joints one step later: servos lag, the fingers stop at the cube."""
        after = state + _FOLLOWED * (command - state)
        fingers = self._fingers
        closing = min(fingers.closing(state[self._gripper]) + _CLOSING, fingers.met)
        after[self._gripper] = fingers.position(closing if closed else 0.0)
        return after


def make_scripted_expert(deployment: Deployment, device: str) -> ScriptedExpert:
    """Build the expert as a policy backend; of the policy file only the rate counts.

    Raises:
        PolicyError: as `ScriptedExpert`.
        ContractError, ResourceNotFoundError, SimError: as `build_model`.
    """
    kinematics = ArmKinematics(build_model(deployment), deployment.cell)
    return ScriptedExpert(deployment, kinematics)


def _decide(scene: _Scene) -> tuple[Vector, bool]:
    """Choose where the tool goes and whether the fingers close."""
    cube = scene.cube
    if scene.is_around_cube and (scene.is_aligned or scene.closing > _BEGUN):
        grasped = scene.closing >= scene.fingers.held
        height = _LIFT_M if grasped else scene.tool[2]
        return np.array([scene.tool[0], scene.tool[1], height]), True
    if scene.is_aligned:
        return np.array([cube[0], cube[1], min(cube[2], _GRASP_M)]), False
    clear = scene.tool[2] > 0.09 or scene.offset_m < 0.03
    over = cube[:2] if clear else scene.tool[:2]
    return np.array([over[0], over[1], _HOVER_M]), False


def _cube_yaw(wxyz: Vector) -> float:
    """Yaw of a horizontal edge of the cube, whichever face it lies on."""
    rotation = so3.Rotation.from_quat(xyzw_from_wxyz(wxyz)).as_matrix()
    upright = int(np.argmax(np.abs(rotation[2])))
    edge = rotation[:, (upright + 1) % 3]
    return float(np.arctan2(edge[1], edge[0]))


def _tool_yaw(rotation: Vector) -> float:
    """Yaw of the tool's x axis; the tool points down, so its x axis lies in the table plane."""
    return float(np.arctan2(rotation[1, 0], rotation[0, 0]))


def _folded(angle: float) -> float:
    """Fold an angle to +-45 deg: a cube looks the same after a quarter turn."""
    quarter = np.pi / 2
    return float((angle + quarter / 2) % quarter - quarter / 2)


def _about_z(yaw: float) -> Vector:
    c, s = np.cos(yaw), np.sin(yaw)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
