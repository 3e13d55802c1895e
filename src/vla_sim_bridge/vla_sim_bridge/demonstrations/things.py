"""The objects that the scripted expert handles: which one a skill means, where to let it go."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import mujoco
import numpy as np
from vla_contract.values import Vector
from vla_sim_bridge.demonstrations.grasp import Grasp
from vla_sim_bridge.demonstrations.skills import HandOver, Lift, OneArmed, Place, Pull, Skill
from vla_sim_bridge.scene.simulated_task import SimulatedTask, TARGET
from vla_sim_bridge.tasks.poses import in_base, in_frame
from vla_sim_bridge.tasks.scene_object import SceneObject

# Between what is carried and what it passes over; how far a placed object may be off, and a
# handle that is pulled, which need not be exact.
_CLEAR_M, _OFF_M, _PULLED_OFF_M = 0.04, 0.012, 0.025
Extras = Mapping[str, Vector]


@dataclass(frozen=True, eq=False)
class Destination:
    """Where the place between the fingers has to be when they let go, and how it gets there.

    Attributes:
        place: base frame, shape (3,) [m].
        over_m: height at which it is carried there [m].
        near_m: how far it may be off [m].
    """

    place: Vector
    over_m: float
    near_m: float = _OFF_M


@dataclass(frozen=True, eq=False)
class Handled:
    """What a skill handles now.

    Attributes:
        grasp: how.
        pose: of the object or frame, shape (7,).
        at_rest_m: height of the place between the fingers while it lies untouched [m].
        top_m: height of its highest point then [m].
        destination: where to let go; None to hold it up.
    """

    grasp: Grasp
    pose: Vector
    at_rest_m: float
    top_m: float
    destination: Destination | None


class Things:
    """Objects of a task as its file has them; randomised sizes are not told to the expert."""

    def __init__(self, task: SimulatedTask, model: mujoco.MjModel) -> None:
        """Find the objects of a task in its compiled model."""
        self._targets = task.targets or (next(iter(task.objects)),)
        self._things = {
            name: SceneObject(name, config, model) for name, config in task.objects.items()
        }
        self._sizes = {name: thing.authored() for name, thing in self._things.items()}
        self._begun = mujoco.MjData(model)
        mujoco.mj_kinematics(model, self._begun)

    def needed(self, skills: tuple[Skill, ...]) -> tuple[str, ...]:
        """Return the names of the poses that skills need among an observation's extras."""
        names: dict[str, None] = {}
        for skill in skills:
            meant = (skill.object, skill.onto) if isinstance(skill, Place) else (skill.object,)
            for name in meant:
                names[f'{name}_pose'] = None
                if name == TARGET and not self._are_alike():
                    names |= {f'{target}_pose': None for target in self._targets}
            if isinstance(skill, Pull):
                names[f'{skill.object}_{skill.frame}_pose'] = None
            if isinstance(skill, Place) and skill.onto != TARGET:
                names[self._taking_pose(self._things[skill.onto])] = None
        return tuple(names)

    def grasps(self, skill: Skill) -> tuple[Grasp, ...]:
        """Return every grasp that a skill may need.

        Raises:
            SettingError: an object does not say how it is taken.
        """
        if isinstance(skill, Pull):
            return (_handle(skill),)
        names = self._targets if skill.object == TARGET else (skill.object,)
        return tuple(Grasp.of(name, self._things[name].config) for name in names)

    def both(self, skill: HandOver, extras: Extras) -> tuple[Grasp, Grasp]:
        """Return the grasps of the giver and of the taker of an object."""
        thing = self._thing(skill.object, extras)
        grasp = Grasp.of(thing.name, thing.config)
        return (
            replace(grasp, centre_m=skill.giver_centre_m),
            replace(grasp, centre_m=skill.taker_centre_m),
        )

    def heights(self, skill: Skill, grasp: Grasp, extras: Extras) -> tuple[float, float]:
        """Return the heights of a grasp and of the highest point of an object at rest [m]."""
        below_m, over_m, _ = self._sizes[self._thing(skill.object, extras).name]
        return below_m + grasp.centre_m[2], below_m + over_m

    def handled(self, skill: OneArmed, extras: Extras) -> Handled:
        """Return what a skill handles, where it is, and where it goes."""
        if isinstance(skill, Pull):
            return self._pulled(skill, extras)
        thing, pose = self._thing(skill.object, extras), extras[f'{skill.object}_pose']
        grasp = Grasp.of(thing.name, thing.config)
        above, top = self.heights(skill, grasp, extras)
        to = None if isinstance(skill, Lift) else self._taken_by(skill, above, extras)
        return Handled(grasp, pose, above, top, to)

    def is_done(self, skill: OneArmed, extras: Extras) -> bool:
        """Return whether a skill has nothing left to do, as far as poses tell."""
        if isinstance(skill, Lift):
            thing = self._thing(skill.object, extras)
            height = float(extras[f'{skill.object}_pose'][2])
            return height - self._sizes[thing.name][0] >= skill.by_m
        handled = self.handled(skill, extras)
        if handled.destination is None:
            return False
        off = handled.grasp.place(handled.pose) - handled.destination.place
        if isinstance(skill, Pull):
            return bool(np.linalg.norm(off) < handled.destination.near_m)
        return self._is_taken(skill, off, extras)

    def _thing(self, name: str, extras: Extras) -> SceneObject:
        if name != TARGET:
            return self._things[name]
        if self._are_alike():
            return self._things[self._targets[0]]
        meant = extras[f'{TARGET}_pose'][:3]

        def off(candidate: str) -> float:
            return float(np.linalg.norm(extras[f'{candidate}_pose'][:3] - meant))

        return self._things[min(self._targets, key=off)]

    def _are_alike(self) -> bool:
        configs = [self._things[name].config for name in self._targets]
        shapes = {(c.shape, c.size_m, c.file, c.scale, c.grasp) for c in configs}
        return len(shapes) == 1

    def _taken_by(self, skill: Place, above_m: float, extras: Extras) -> Destination:
        """Return where an object is let go, whose fingers are so far above its lowest point."""
        taker = self._thing(skill.onto, extras)
        inner, pose = taker.inner, extras[self._taking_pose(taker)]
        centre = np.zeros(3) if inner is None else np.array(inner.centre_m)
        place = in_base(centre, pose)
        floor_m = float(extras[f'{taker.name}_pose'][2]) + self._sizes[taker.name][1]
        place[2] = floor_m + above_m + skill.above_m
        return Destination(place, place[2] + _CLEAR_M)

    def _taking_pose(self, taker: SceneObject) -> str:
        """Return the name of the pose with which a taker's inside moves."""
        frame = taker.inner.frame if taker.inner else ''
        return f'{taker.name}_{frame}_pose' if frame else f'{taker.name}_pose'

    def _is_taken(self, skill: Place, off: Vector, extras: Extras) -> bool:
        """Return whether an object is in or on its taker, from how far it is from its place."""
        taker = self._thing(skill.onto, extras)
        if taker.inner is not None:
            half = np.array(taker.inner.size_m[:2]) / 2
            sunk_m = min(_OFF_M, taker.inner.size_m[2] / 2)
            return bool((np.abs(off[:2]) < half).all() and off[2] < -sunk_m)
        half = self._sizes[taker.name][2]
        return bool((np.abs(off[:2]) < half).all() and abs(off[2]) < _OFF_M)

    def _pulled(self, skill: Pull, extras: Extras) -> Handled:
        thing = self._things[skill.object]
        base, pose = extras[f'{skill.object}_pose'], extras[f'{skill.object}_{skill.frame}_pose']
        begun = thing.frame_pose(skill.frame, self._begun)
        inside = in_frame(begun[:3], thing.pose(self._begun)) + np.array(skill.way_m)
        place = in_base(inside, base)
        height = float(pose[2])
        to = Destination(place, height, _PULLED_OFF_M)
        return Handled(_handle(skill), pose, height, height, to)


def _handle(skill: Pull) -> Grasp:
    return Grasp(skill.grasp_width_m, yaw_rad=float(np.radians(skill.grasp_yaw_deg)), turns=2)
