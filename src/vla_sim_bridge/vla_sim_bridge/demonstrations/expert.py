"""A scripted expert: lifts, places, pulls and hands over by Cartesian feedback from true poses.

Stateless: every decision follows from the joints and the poses, so it can be asked at any moment,
after a disturbance or in the middle of another policy's episode.
"""

import numpy as np
from vla_contract.deployment.deployment import Deployment
from vla_contract.values import ActionChunk, Observation, to_ns, Vector
from vla_sim_bridge.demonstrations.approach import Want
from vla_sim_bridge.demonstrations.decision import BEGUN, decide, Scene
from vla_sim_bridge.demonstrations.hand import Hand
from vla_sim_bridge.demonstrations.hand_over import HandingOver
from vla_sim_bridge.demonstrations.skills import HandOver, Lift, Skill, skills_of
from vla_sim_bridge.demonstrations.things import Extras, Handled, Things
from vla_sim_bridge.physics.kinematics import ArmKinematics
from vla_sim_bridge.scene.object_settings import half_extent
from vla_sim_bridge.scene.scene import build_model
from vla_sim_bridge.scene.simulated_task import simulated_task

# Duration of a chunk.
_CHUNK_S = 0.8
# So near to the fingers, an object is what they hold.
_HELD_M = 0.03


class ScriptedExpert:
    """Plans chunks of commanded joint positions from the joints and the poses of objects.

    Attributes:
        gripper: index of the gripper's joint in the cell's order.
        needs_extras: names of the poses that it reads.
    """

    needs_images = False

    def __init__(self, deployment: Deployment, kinematics: ArmKinematics) -> None:
        """Prepare for the skills of a task with one tool; all else of the cell stays at home.

        Handing over takes a second one.

        Args:
            deployment: the cell, the task with objects and skills, and the rate of the steps.
            kinematics: of the arm with the tool, in the compiled model of the deployment.

        Raises:
            PolicyError: the tool has no gripper, or it is too small for an object.
            ContractError: the task has no simulation, or no skills that can be read.
        """
        cell, task = deployment.cell, simulated_task(deployment.task)
        self._home = cell.home
        skills = skills_of(task, f'task {deployment.task.name}: simulation')
        # A world that is randomised already is not what sizes are measured in.
        is_plain = all(half_extent(config) for config in task.objects.values())
        self._things = Things(task, kinematics.model if is_plain else build_model(deployment))
        self.needs_extras = self._things.needed(skills)
        self._skills = skills
        # Handing over is always the last one.
        self._first = [skill for skill in skills[:-1] if not isinstance(skill, HandOver)]
        widths = {grasp.width_m for skill in skills for grasp in self._things.grasps(skill)}
        self._hand = Hand(deployment, kinematics, widths)
        self.gripper = self._hand.gripper
        moved = {*kinematics.arm, self.gripper}
        self._resting = [i for i in range(len(cell.joints)) if i not in moved]
        self._handing_over = {
            skill: HandingOver(skill, deployment, kinematics.model, self._things)
            for skill in skills
            if isinstance(skill, HandOver)
        }
        rate_hz = deployment.policy.rate_hz
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
        skill = self._skill(extras)
        if isinstance(skill, HandOver):
            return self._handing_over[skill].plan(state, extras, horizon)
        hand, state = self._hand, np.array(state)
        handled = self._things.handled(skill, extras)
        grasp = handled.grasp
        place, yaw = grasp.place(handled.pose), grasp.yaw(handled.pose)
        lift_m = skill.by_m if isinstance(skill, Lift) else 0.0
        want = Want(grasp, handled.at_rest_m, handled.top_m, lift_m)
        approach, steps = hand.approach(place, yaw, want), []
        for _ in range(horizon):
            scene = hand.scene(state, grasp, place, yaw, approach, handled.destination)
            target, closed = self._release(scene, skill, extras) or decide(scene)
            command = state.copy()
            command[self._resting] = self._home[self._resting]
            hand.move(command, scene, target, closed)
            steps.append(command)
            state = hand.later(state, command, scene, closed)
            place = hand.carried(scene, state) if closed else place
        return np.array(steps)

    def _skill(self, extras: Extras) -> Skill:
        """Return the first skill that has something left to do, or the last one."""
        first, last = self._first, self._skills[-1]
        return next((skill for skill in first if not self._things.is_done(skill, extras)), last)

    def _release(self, scene: Scene, skill: Skill, extras: Extras) -> tuple[Vector, bool] | None:
        """Open where the fingers still hold what an earlier skill is done with."""
        for earlier in self._first[: self._skills.index(skill)]:
            done: Handled = self._things.handled(earlier, extras)
            off = done.grasp.place(done.pose) - scene.grip
            if scene.closing > BEGUN and float(np.linalg.norm(off)) < _HELD_M:
                return scene.grip, False
        return None
