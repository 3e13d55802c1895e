"""Two arms and one object: one brings it to where they meet, the other takes it there."""

from dataclasses import dataclass

import mujoco
import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.deployment import Deployment
from vla_contract.deployment.tool import Tool
from vla_contract.errors import UnknownNameError
from vla_contract.values import Vector
from vla_sim_bridge.demonstrations.approach import Want
from vla_sim_bridge.demonstrations.decision import BEGUN, carry, decide, Scene
from vla_sim_bridge.demonstrations.grasp import Grasp
from vla_sim_bridge.demonstrations.hand import Hand
from vla_sim_bridge.demonstrations.skills import HandOver
from vla_sim_bridge.demonstrations.things import Destination, Extras, Things
from vla_sim_bridge.physics.kinematics import ArmKinematics

# So near to closed fingers, an object is what they hold; so near to where it changes hands, the
# other arm comes for it.
_HELD_M, _MET_M = 0.03, 0.03
# An arm that let go rises so far before it leaves sideways, a little higher, so that sinking does
# not bring it back; and it has left when it is so far away.
_RISEN_M, _HIGHER_M, _LEFT_M = 0.06, 0.03, 0.10
# Places of objects in hands are rounded to this, so that little has to be searched.
_GRID_M = 0.02

Move = tuple[Scene, Vector, bool]
"""What is seen of a hand, where the place between its fingers goes, and whether they close."""


@dataclass(frozen=True, eq=False)
class _Hands:
    """What is seen of both hands, and how far the object is from where it changes hands.

    Attributes:
        giver, taker: the scene of either.
        off_m: from the object to there, shape (3,) [m].
    """

    giver: Scene
    taker: Scene
    off_m: Vector


class HandingOver:
    """Plans the joints of two arms; like all of the expert it remembers nothing."""

    def __init__(
        self, skill: HandOver, deployment: Deployment, model: mujoco.MjModel, things: Things
    ) -> None:
        """Prepare for a skill.

        Args:
            skill: which object and which tools.
            deployment: the cell, and the rate of the steps.
            model: the compiled deployment.
            things: the objects of its task.

        Raises:
            UnknownNameError: the cell has no such tool.
            PolicyError: a tool has no gripper, or it is too small for the object.
        """
        cell = deployment.cell
        self._skill, self._things, self._home = skill, things, cell.home
        self._meet = np.array(skill.meet_m)
        widths = {grasp.width_m for grasp in things.grasps(skill)}
        self._giver, self._taker = (
            Hand(deployment, ArmKinematics(model, cell, tool), widths)
            for tool in (_tool(cell, name) for name in (skill.giver, skill.taker))
        )

    def plan(self, state: Vector, extras: Extras, horizon: int) -> Vector:
        """Return the next commanded positions, shape (horizon, D); see `ScriptedExpert.plan`."""
        state, giver, taker = np.array(state), self._giver, self._taker
        pose = np.array(extras[f'{self._skill.object}_pose'])
        steps = []
        for _ in range(horizon):
            hands = self._seen(state, pose, extras)
            gives, takes = _decided(hands, giver, taker)
            command = self._home.copy()
            for hand, move in ((giver, gives), (taker, takes)):
                command[hand.arm] = state[hand.arm]
                hand.move(command, *move)
            steps.append(command)
            after = giver.later(state, command, gives[0], gives[2])
            gripper = taker.gripper
            after[gripper] = taker.later(state, command, takes[0], takes[2])[gripper]
            pose[:3] += self._carried(hands, gives[2], after)
            state = after
        return np.array(steps)

    def _seen(self, state: Vector, pose: Vector, extras: Extras) -> _Hands:
        """Return both scenes for joints, shape (D,), and a pose of the object, shape (7,)."""
        off_m = self._meet - pose[:3]
        gives, takes = self._things.both(self._skill, extras)
        rest_m, top_m = self._things.heights(self._skill, gives, extras)
        raised_m = _GRID_M * round(float(takes.place(pose)[2]) / _GRID_M) - rest_m
        return _Hands(
            _scene(self._giver, state, gives, pose, (rest_m, top_m)),
            _scene(self._taker, state, takes, pose, (rest_m + raised_m, top_m + raised_m)),
            off_m,
        )

    def _carried(self, hands: _Hands, is_closing: bool, after: Vector) -> Vector:
        """Predict how far the object moves in a step, shape (3,) [m]."""
        if _holds(hands.taker):
            return self._taker.carried(hands.taker, after) - hands.taker.place
        if is_closing:
            return self._giver.carried(hands.giver, after) - hands.giver.place
        return np.zeros(3)


def _scene(
    hand: Hand, state: Vector, grasp: Grasp, pose: Vector, heights_m: tuple[float, float]
) -> Scene:
    """Return what a hand decides on that takes an object whose grasp and top are so high [m]."""
    place, yaw = grasp.place(pose), grasp.yaw(pose)
    approach = hand.approach(place, yaw, Want(grasp, *heights_m, 0.0))
    return hand.scene(state, grasp, place, yaw, approach)


def _decided(hands: _Hands, giver: Hand, taker: Hand) -> tuple[Move, Move]:
    """Return what the giver and what the taker does next."""
    gives, takes = hands.giver, hands.taker
    if _holds(takes):
        kept = (takes, np.asarray(takes.grip + hands.off_m), True)
        if gives.closing > BEGUN and _reaches(gives):
            return (gives, gives.grip, False), kept
        return _leaving(gives, giver), kept
    if _holds(gives):
        place = gives.place + hands.off_m
        brought = (gives, carry(gives, Destination(place, float(place[2]))), True)
        if np.linalg.norm(hands.off_m) < _MET_M:
            return brought, (takes, *decide(takes))
        return brought, _leaving(takes, taker)
    taken = (gives, *decide(gives))
    return taken, _leaving(takes, taker)


def _holds(scene: Scene) -> bool:
    return scene.closing >= scene.fingers.held and _reaches(scene)


def _reaches(scene: Scene) -> bool:
    """Return whether the object is where the fingers are."""
    return float(np.linalg.norm(scene.place - scene.grip)) < _HELD_M


def _leaving(scene: Scene, hand: Hand) -> Move:
    """Go home with open fingers, from where the object is first up and then aside."""
    resting, home = hand.homewards(scene)
    if scene.offset_m > _LEFT_M:
        return resting, home, False
    risen_m = float(scene.place[2]) + _RISEN_M
    high_m = risen_m + _HIGHER_M
    if scene.grip[2] < risen_m:
        return scene, np.array([scene.grip[0], scene.grip[1], high_m]), False
    return resting, np.array([home[0], home[1], high_m]), False


def _tool(cell: Cell, name: str) -> Tool:
    known = {tool.name: tool for tool in cell.robot.tools}
    if name not in known:
        raise UnknownNameError('tool', name, f'cell {cell.name}', known)
    return known[name]
