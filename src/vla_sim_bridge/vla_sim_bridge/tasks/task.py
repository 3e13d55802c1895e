"""A task in a compiled model: one episode after another, told, watched and judged."""

import mujoco
from numpy import float64
from numpy.typing import NDArray
from vla_contract.errors import SimError
from vla_contract.values import Vector
from vla_sim_bridge.randomization.term import random_stream
from vla_sim_bridge.scene.fingers import FingersOf
from vla_sim_bridge.scene.simulated_task import OTHERS, PLACEHOLDER, SimulatedTask, TARGET
from vla_sim_bridge.tasks.goal import build_condition
from vla_sim_bridge.tasks.placement import Placement
from vla_sim_bridge.tasks.scene_object import SceneObject
from vla_sim_bridge.tasks.start import Start

PHRASE = 'phrase'
WRONG_OBJECT = 'wrong_object'
"""The failure of a task in which another object than the one that was meant was handled."""
# What is drawn keeps the stream of the colours that named cubes once had, and with it its seeds.
_TARGETS = 'named_colour'


class Task:
    """One episode after another of the same task.

    Where the task has several targets, as many neighbouring seeds share the scene, the arm's
    first pose included, and each is told another target: nothing that is seen tells which is
    meant. A policy that learns from such pairs cannot know the scene by heart instead of
    listening.

    Attributes:
        objects: every object by name, in the order of the file.
        target: the object that the instruction means.
        instruction: what the policy is told in this episode.
        success: whether the task is done.
        failure: why it can no longer be done, as a termination; '' while it can.
    """

    def __init__(
        self,
        config: SimulatedTask,
        model: mujoco.MjModel,
        fingers: FingersOf,
        where: str = 'task',
    ) -> None:
        """Find the objects in a compiled world.

        Args:
            config: the task.
            model: compiled with its objects.
            fingers: geoms of the fingers of each tool of the robot.
            where: names the task in error messages.

        Raises:
            ContractError, VlaError: the goal or a failure cannot be understood.
        """
        self._config = config
        self.objects = {
            name: SceneObject(name, settings, model) for name, settings in config.objects.items()
        }
        self._placement = Placement(config.areas, self.objects)
        step_s = config.physics_step_s
        self._goal = build_condition(config.goal, step_s, f'{where}: goal', config.folder)
        self._failures = {
            name: build_condition(failure, step_s, f'{where}: failures.{name}', config.folder)
            for name, failure in (config.failures or {}).items()
        }
        self.model, self.fingers = model, fingers
        self.failure = ''
        self.success = False
        self._tell(next(iter(config.targets or config.objects)), config.instruction)

    @property
    def others(self) -> tuple[SceneObject, ...]:
        """The objects that could have been meant in place of the target."""
        return tuple(
            self.objects[name] for name in self._config.targets if name != self.target.name
        )

    def groups(self, target: str) -> dict[str, tuple[str, ...]]:
        """Return the words that stand for objects, each with their names, by the target's name."""
        words = {tag: () for thing in self.objects.values() for tag in thing.config.tags}
        tagged: dict[str, tuple[str, ...]] = {
            tag: tuple(name for name, thing in self.objects.items() if tag in thing.config.tags)
            for tag in words
        }
        others = tuple(name for name in self._config.targets if name != target)
        return {**tagged, TARGET: (target,), OTHERS: others}

    def scene(self, seed: int) -> int:
        """Return the seed of all that is seen at the beginning, the arm's pose included.

        It is shared by one episode of each target.
        """
        return seed // max(1, len(self._config.targets))

    def sample(self, seed: int) -> Start:
        """Draw how an episode begins; the same seed gives the same.

        Raises:
            SimError: the objects do not fit into their areas.
        """
        scene, config = self.scene(seed), self._config
        start = self._placement.sample(scene)
        if config.targets:
            first = random_stream(scene, _TARGETS).integers(len(config.targets))
            name = config.targets[(first + seed) % len(config.targets)]
            start[TARGET] = {'value': name, 'unit': ''}
        if config.targets or config.paraphrases:
            number = random_stream(seed, PHRASE).integers(len(config.phrases))
            start[PHRASE] = {'value': config.phrases[number], 'unit': ''}
        return start

    def begin(self, start: Start) -> None:
        """Take over which object is meant and how it is said.

        Raises:
            SimError: the start means an object that may not be meant.
        """
        config = self._config
        name = start[TARGET]['value'] if config.targets else self.target.name
        if config.targets and name not in config.targets:
            known = ', '.join(config.targets)
            raise SimError(f"manifest: values.target: found '{name}'; this task has: {known}")
        phrase = start[PHRASE]['value'] if PHRASE in start else config.instruction
        self._tell(name, phrase)

    def place(self, start: Start, qpos: NDArray[float64]) -> None:
        """Lay the objects where a start says, at rest; of fixed ones the model is written."""
        for name in self._placement.order:
            thing = self.objects[name]
            thing.place(start, qpos, self.objects.get(thing.config.stands_on))

    def start_watching(self, data: mujoco.MjData) -> None:
        """See how an episode begins, once everything has its place."""
        self.success, self.failure = False, ''
        for condition in (self._goal, *self._failures.values()):
            condition.begin(self, data)

    def watch(self, qpos: NDArray[float64], data: mujoco.MjData) -> None:
        """See the state after one physics step; this is called thousands of times a second.

        Args:
            qpos: `data.qpos`, which costs time to ask for.
            data: state of the world; what it derives from qpos is one step older.
        """
        self.success = self._goal.holds(qpos, data)
        failure = ''
        for name, condition in self._failures.items():
            if condition.holds(qpos, data):
                failure = failure or name
        self.failure = failure

    def named(self, name: str) -> tuple[SceneObject, ...]:
        """Return the objects of a name: one, `target`, or all `others`.

        Raises:
            KeyError: there is no such object.
        """
        if name == TARGET:
            return (self.target,)
        return self.others if name == OTHERS else (self.objects[name],)

    def extras(self, data: mujoco.MjData) -> dict[str, Vector]:
        """Return what the simulator knows and a camera does not, by name.

        Poses of the target, of every object and of their frames in the base frame: position [m]
        and wxyz, each of shape (7,).
        """
        poses = {f'{TARGET}_pose': self.target.pose(data)}
        for name, thing in self.objects.items():
            poses[f'{name}_pose'] = thing.pose(data)
            for frame in thing.config.frames:
                poses[f'{name}_{frame}_pose'] = thing.frame_pose(frame, data)
        return poses

    def _tell(self, name: str, phrase: str) -> None:
        self.target = self.objects[name]
        self.instruction = phrase.replace(PLACEHOLDER, self.target.config.said)
