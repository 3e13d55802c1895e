"""A scripted expert that lifts the cube: Cartesian feedback from the true cube pose.

Stateless: every decision follows from the joints and the cube, so it can be asked at any moment,
after a disturbance or in the middle of another policy's episode.
"""

import numpy as np
from vla_contract import so3
from vla_contract.deployment.deployment import Deployment
from vla_contract.policy import CUBE_POSE
from vla_contract.transforms import xyzw_from_wxyz
from vla_contract.values import ActionChunk, Observation, to_ns, Vector
from vla_sim_bridge.demonstrations.approach import (
    about_z,
    Approaches,
    DOWN,
    folded,
    tool_yaw,
    turned_towards,
)
from vla_sim_bridge.demonstrations.decision import decide, Scene
from vla_sim_bridge.demonstrations.fingers import fingers_around
from vla_sim_bridge.physics.kinematics import ArmKinematics
from vla_sim_bridge.scene.scene import build_model
from vla_sim_bridge.scene.simulated_task import simulated_task

# Largest speeds of the tool; duration of a chunk.
_SPEED_M_S, _SPEED_RAD_S, _CHUNK_S = 0.45, 2.5, 0.8
# So fast may the tool turn about the first joint's axis as it stands at home: small arms need more
# speed of every joint for the same speed of their tool, and longer to brake from it.
_SPEED_ABOUT_AXIS_RAD_S = 1.6
# Fingers close by at least this share of the way per second, or this share of what their joint's
# top speed lets them, until the pads meet the cube.
_CLOSING_PER_S, _OF_TOP_SPEED = 1.875, 0.75
# Share of a commanded step that servos do not cover in a tenth of a second.
_LAG = 0.4


class ScriptedExpert:
    """Plans chunks of commanded joint positions from the joints and the cube's pose.

    Attributes:
        gripper: index of the gripper's joint in the cell's order.
    """

    needs_images = False
    needs_extras = (CUBE_POSE,)

    def __init__(self, deployment: Deployment, kinematics: ArmKinematics) -> None:
        """Prepare to lift the task's cube with one tool; all else of the cell stays at home.

        Args:
            deployment: the cell, the task with the cube, and the rate of the steps.
            kinematics: of the arm with the tool.

        Raises:
            PolicyError: the tool has no gripper, or it is too small for the cube.
            ContractError: the task has no simulation.
        """
        cell, task = deployment.cell, simulated_task(deployment.task)
        self._kinematics = kinematics
        self._arm, self._home = np.array(kinematics.arm), cell.home
        self.gripper, self._fingers = fingers_around(cell, kinematics, task.cube.edge_m)
        moved = {*kinematics.arm, self.gripper}
        self._resting = [i for i in range(len(cell.joints)) if i not in moved]
        self._approaches = Approaches(kinematics, task.cube.edge_m, task.success_height_m)
        rate_hz = deployment.policy.rate_hz
        home, _ = kinematics.tool_pose(kinematics.home)
        radius_m = float(np.hypot(*(home[:2] - kinematics.axis_m)))
        self._step_m = min(_SPEED_M_S, _SPEED_ABOUT_AXIS_RAD_S * radius_m) / rate_hz
        self._step_rad = _SPEED_RAD_S / rate_hz
        top_per_s = self._fingers.share_per_s(cell.joints[self.gripper].velocity)
        self._closing = min(_CLOSING_PER_S, _OF_TOP_SPEED * top_per_s) / rate_hz
        self._followed = 1.0 - _LAG ** (10.0 / rate_hz)
        self._horizon = max(8, round(_CHUNK_S * rate_hz))
        self._period_ns = to_ns(1.0 / rate_hz)

    def infer(self, observation: Observation) -> ActionChunk:
        """Plan some steps, assuming that the arm follows and the cube stays or is carried."""
        cube = observation.extras[CUBE_POSE]
        positions = self.plan(observation.state, cube, self._horizon)
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
        approach = self._approaches.to(cube[:2], yaw, fingers.place_m(0.0))
        for _ in range(horizon):
            grip, rotation, closing = self._grip(state)
            turn = folded(yaw - tool_yaw(approach.R_lean.T @ rotation))
            scene = Scene(grip, rotation, cube, turn, closing, fingers, approach)
            target, closed = decide(scene)
            command = state.copy()
            command[self._resting] = self._home[self._resting]
            command[self._arm] = self._move(state[self._arm], target, scene)
            command[self.gripper] = fingers.position(float(closed))
            steps.append(command)
            state = self._follow(state, command, closed)
            cube = self._carried(scene, state) if closed else cube
        return np.array(steps)

    def _move(self, arm: Vector, target: Vector, scene: Scene) -> Vector:
        R_lean, grip, rotation = scene.approach.R_lean, scene.grip, scene.rotation
        delta = target - grip
        distance = float(np.linalg.norm(delta))
        delta *= min(1.0, self._step_m / max(distance, 1e-9))
        turn = float(np.clip(scene.yaw_error, -self._step_rad, self._step_rad))
        wanted = R_lean @ about_z(tool_yaw(R_lean.T @ rotation) + turn) @ DOWN
        if scene.approach.is_leaning:
            wanted = turned_towards(rotation, wanted)
        place_m = scene.fingers.place_m(scene.closing)
        return self._kinematics.step_towards(arm, grip + delta - place_m * wanted[:, 1], wanted)

    def _grip(self, state: Vector) -> tuple[Vector, Vector, float]:
        """Return where the cube belongs, (3,) [m], rotation of the grasp, (3, 3), and closing."""
        tool, rotation = self._kinematics.tool_pose(state[self._arm])
        closing = self._fingers.closing(state[self.gripper])
        grip: Vector = tool + self._fingers.place_m(closing) * rotation[:, 1]
        return grip, rotation, closing

    def _carried(self, before: Scene, state: Vector) -> Vector:
        """Predict the cube after a step of closing fingers: pushed by a jaw, or carried."""
        grip, rotation, closing = self._grip(state)
        if closing >= self._fingers.held:
            return np.asarray(before.cube + grip - before.grip)
        pushed_m = self._fingers.place_m(closing) - self._fingers.place_m(before.closing)
        return np.asarray(before.cube + pushed_m * rotation[:, 1])

    def _follow(self, state: Vector, command: Vector, closed: bool) -> Vector:
        """Predict the joints one step later: servos lag, the fingers stop at the cube."""
        after: Vector = state + self._followed * (command - state)
        fingers = self._fingers
        closing = min(fingers.closing(state[self.gripper]) + self._closing, fingers.met)
        after[self.gripper] = fingers.position(closing if closed else 0.0)
        return after


def make_scripted_expert(deployment: Deployment, device: str) -> ScriptedExpert:
    """Build the expert as a policy backend; of the policy file only the rate counts.

    Raises:
        PolicyError: as `ScriptedExpert`.
        ContractError, ResourceNotFoundError, SimError: as `build_model`.
    """
    kinematics = ArmKinematics(build_model(deployment), deployment.cell)
    return ScriptedExpert(deployment, kinematics)


def _cube_yaw(wxyz: Vector) -> float:
    """Yaw of a horizontal edge of the cube, whichever face it lies on."""
    rotation = so3.Rotation.from_quat(xyzw_from_wxyz(wxyz)).as_matrix()
    upright = int(np.argmax(np.abs(rotation[2])))
    edge = rotation[:, (upright + 1) % 3]
    return float(np.arctan2(edge[1], edge[0]))
