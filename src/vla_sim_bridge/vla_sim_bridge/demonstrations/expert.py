"""A scripted expert: lifts, places and pulls by Cartesian feedback from the true poses.

Stateless: every decision follows from the joints and the poses, so it can be asked at any moment,
after a disturbance or in the middle of another policy's episode.
"""

import numpy as np
from vla_contract.deployment.deployment import Deployment
from vla_contract.values import ActionChunk, Observation, to_ns, Vector
from vla_sim_bridge.demonstrations.approach import (
    about_z,
    Approaches,
    DOWN,
    tool_yaw,
    turned_towards,
    Want,
)
from vla_sim_bridge.demonstrations.decision import BEGUN, decide, Scene
from vla_sim_bridge.demonstrations.fingers import Fingers, fingers_around
from vla_sim_bridge.demonstrations.skills import Lift, Skill, skills_of
from vla_sim_bridge.demonstrations.things import Extras, Handled, Things
from vla_sim_bridge.physics.kinematics import ArmKinematics
from vla_sim_bridge.scene.object_settings import half_extent
from vla_sim_bridge.scene.scene import build_model
from vla_sim_bridge.scene.simulated_task import simulated_task

# Largest speeds of the tool; duration of a chunk.
_SPEED_M_S, _SPEED_RAD_S, _CHUNK_S = 0.45, 2.5, 0.8
# So fast may the tool turn about the first joint's axis as it stands at home: small arms need more
# speed of every joint for the same speed of their tool, and longer to brake from it.
_SPEED_ABOUT_AXIS_RAD_S = 1.6
# Fingers close by at least this share of the way per second, or this share of what their joint's
# top speed lets them, until the pads meet the object.
_CLOSING_PER_S, _OF_TOP_SPEED = 1.875, 0.75
# So near to the fingers, an object is what they hold.
_HELD_M = 0.03
# Share of a commanded step that servos do not cover in a tenth of a second.
_LAG = 0.4


class ScriptedExpert:
    """Plans chunks of commanded joint positions from the joints and the poses of objects.

    Attributes:
        gripper: index of the gripper's joint in the cell's order.
        needs_extras: names of the poses that it reads.
    """

    needs_images = False

    def __init__(self, deployment: Deployment, kinematics: ArmKinematics) -> None:
        """Prepare for the skills of a task with one tool; all else of the cell stays at home.

        Args:
            deployment: the cell, the task with objects and skills, and the rate of the steps.
            kinematics: of the arm with the tool, in the compiled model of the deployment.

        Raises:
            PolicyError: the tool has no gripper, or it is too small for an object.
            ContractError: the task has no simulation, or no skills that can be read.
        """
        cell, task = deployment.cell, simulated_task(deployment.task)
        self._kinematics = kinematics
        self._arm, self._home = np.array(kinematics.arm), cell.home
        self._skills = skills_of(task, f'task {deployment.task.name}: simulation')
        # A world that is randomised already is not what sizes are measured in.
        is_plain = all(half_extent(config) for config in task.objects.values())
        self._things = Things(task, kinematics.model if is_plain else build_model(deployment))
        self.needs_extras = self._things.needed(self._skills)
        widths = {grasp.width_m for skill in self._skills for grasp in self._things.grasps(skill)}
        found = {width: fingers_around(cell, kinematics, width) for width in sorted(widths)}
        self._fingers = {width: fingers for width, (_, fingers) in found.items()}
        self.gripper = next(gripper for gripper, _ in found.values())
        moved = {*kinematics.arm, self.gripper}
        self._resting = [i for i in range(len(cell.joints)) if i not in moved]
        self._approaches = Approaches(kinematics)
        rate_hz = deployment.policy.rate_hz
        home, rotation = kinematics.tool_pose(kinematics.home)
        self._home_yaw = tool_yaw(rotation)
        radius_m = float(np.hypot(*(home[:2] - kinematics.axis_m)))
        self._step_m = min(_SPEED_M_S, _SPEED_ABOUT_AXIS_RAD_S * radius_m) / rate_hz
        self._step_rad = _SPEED_RAD_S / rate_hz
        joint = cell.joints[self.gripper]
        top_per_s = joint.velocity / abs(joint.closed - joint.open)
        self._closing = min(_CLOSING_PER_S, _OF_TOP_SPEED * top_per_s) / rate_hz
        self._followed = 1.0 - _LAG ** (10.0 / rate_hz)
        self._horizon = max(8, round(_CHUNK_S * rate_hz))
        self._period_ns = to_ns(1.0 / rate_hz)

    def infer(self, observation: Observation) -> ActionChunk:
        """Plan some steps, assuming that the arm follows and objects stay or are carried."""
        positions = self.plan(observation.state, observation.extras, self._horizon)
        return ActionChunk(observation.stamp_ns, self._period_ns, positions)

    def reset(self) -> None:
        """Do nothing: the expert remembers nothing."""

    def plan(self, state: Vector, extras: Extras, horizon: int) -> Vector:
        """Return the next commanded positions, shape (horizon, D).

        Args:
            state: joints now, the cell's order, shape (D,).
            extras: poses of objects by name, position and wxyz, shape (7,).
            horizon: number of steps.
        """
        state, skill = np.array(state), self._skill(extras)
        handled = self._things.handled(skill, extras)
        grasp = handled.grasp
        place, yaw = grasp.place(handled.pose), grasp.yaw(handled.pose)
        fingers, steps = self._fingers[grasp.width_m], []
        lift_m = skill.by_m if isinstance(skill, Lift) else 0.0
        want = Want(grasp, handled.at_rest_m, handled.top_m, lift_m)
        approach = self._approaches.to(place[:2], yaw, fingers.place_m(0.0), want)
        for _ in range(horizon):
            grip, rotation, closing = self._grip(state, fingers)
            level = approach.R_lean.T @ rotation
            turn = 0.0 if yaw is None else grasp.turn(tool_yaw(level), yaw, self._home_yaw)
            scene = Scene(
                grip, rotation, place, turn, closing, fingers, approach, handled.destination
            )
            target, closed = self._release(scene, skill, extras) or decide(scene)
            command = state.copy()
            command[self._resting] = self._home[self._resting]
            command[self._arm] = self._move(state[self._arm], target, scene)
            command[self.gripper] = fingers.position(float(closed))
            steps.append(command)
            state = self._follow(state, command, closed, fingers)
            place = self._carried(scene, state) if closed else place
        return np.array(steps)

    def _skill(self, extras: Extras) -> Skill:
        """Return the first skill that has something left to do, or the last one."""
        *first, last = self._skills
        left = (skill for skill in first if not self._things.is_done(skill, extras))
        return next(left, last)

    def _release(self, scene: Scene, skill: Skill, extras: Extras) -> tuple[Vector, bool] | None:
        """Open where the fingers still hold what an earlier skill is done with."""
        for earlier in self._skills[: self._skills.index(skill)]:
            done: Handled = self._things.handled(earlier, extras)
            off = done.grasp.place(done.pose) - scene.grip
            if scene.closing > BEGUN and float(np.linalg.norm(off)) < _HELD_M:
                return scene.grip, False
        return None

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

    def _grip(self, state: Vector, fingers: Fingers) -> tuple[Vector, Vector, float]:
        """Return where objects belong, (3,) [m], rotation of the grasp, (3, 3), and closing."""
        tool, rotation = self._kinematics.tool_pose(state[self._arm])
        closing = fingers.closing(state[self.gripper])
        grip: Vector = tool + fingers.place_m(closing) * rotation[:, 1]
        return grip, rotation, closing

    def _carried(self, before: Scene, state: Vector) -> Vector:
        """Predict the object after a step of closing fingers: pushed by a jaw, or carried."""
        fingers = before.fingers
        grip, rotation, closing = self._grip(state, fingers)
        if closing >= fingers.held:
            return np.asarray(before.place + grip - before.grip)
        pushed_m = fingers.place_m(closing) - fingers.place_m(before.closing)
        return np.asarray(before.place + pushed_m * rotation[:, 1])

    def _follow(self, state: Vector, command: Vector, closed: bool, fingers: Fingers) -> Vector:
        """Predict the joints one step later: servos lag, the fingers stop at the object."""
        after: Vector = state + self._followed * (command - state)
        closing = min(fingers.closing(state[self.gripper]) + self._closing, fingers.met)
        after[self.gripper] = fingers.position(closing if closed else 0.0)
        return after
