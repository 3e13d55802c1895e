"""Lift the cube whose colour the instruction names; lifting another one is a failure."""

import mujoco
import numpy as np
from numpy import float64
from numpy.typing import NDArray
from vla_contract.errors import SimError
from vla_sim_bridge.randomization.term import random_stream
from vla_sim_bridge.scene.simulated_task import cube_name, NamedCubesConfig, SimulatedTask
from vla_sim_bridge.tasks.lifted_cube import LiftedCube
from vla_sim_bridge.tasks.task import Start

NAMED, PHRASE = 'named_colour', 'phrase'
WRONG_OBJECT = 'wrong_object'
# An area that holds the cubes at all holds them after a few draws.
_DRAWS = 1000


class LiftNamedCube:
    """Cubes that differ in colour alone; which one is meant, and how it is said, is drawn.

    As many neighbouring seeds as there are colours share the scene, the arm's first pose
    included, and each is told another colour: nothing that is seen tells which cube is meant. A
    policy that learns from such pairs cannot know the scene by heart instead of listening.
    """

    def __init__(self, config: SimulatedTask, model: mujoco.MjModel) -> None:
        """Find the cubes in a compiled world."""
        named = config.named_cubes
        if named is None:
            raise SimError(f'success {config.success} needs named_cubes')
        self._named: NamedCubesConfig = named
        self._area = (config.cube.x_m, config.cube.y_m)
        self._phrases = (config.instruction, *named.paraphrases)
        self._by_colour = {
            colour: LiftedCube(config, model, cube_name(colour)) for colour in named.colours
        }
        self.cubes = tuple(self._by_colour.values())
        self._begin(next(iter(named.colours)), config.instruction)

    def scene(self, seed: int) -> int:
        """Return the seed that is shared by one episode of each colour."""
        return seed // len(self._by_colour)

    def sample(self, seed: int) -> Start:
        """Draw the places, the colour that is named and the phrase that names it.

        Raises:
            SimError: the cubes do not fit into their area with the distance they must keep.
        """
        colours = list(self._by_colour)
        scene = self.scene(seed)
        first = random_stream(scene, NAMED).integers(len(colours))
        colour = colours[(first + seed) % len(colours)]
        phrase = self._phrases[random_stream(seed, PHRASE).integers(len(self._phrases))]
        return {
            **self._sample_places(scene),
            NAMED: {'value': colour, 'unit': ''},
            PHRASE: {'value': phrase, 'unit': ''},
        }

    def _sample_places(self, scene: int) -> Start:
        """Draw all places at once, again and again until no two cubes lie too close."""
        from scipy.spatial.distance import pdist

        rng = random_stream(scene, 'cube_places')
        low, high = zip(*self._area, strict=True)
        for _ in range(_DRAWS):
            places = rng.uniform(low, high, (len(self.cubes), 2))
            if pdist(places).min() >= self._named.apart_m:
                break
        else:
            raise SimError(
                f'{len(self.cubes)} cubes found no places {self._named.apart_m:g} m apart in '
                'the area of cube.x_m and cube.y_m'
            )
        yaws = rng.uniform(-np.pi, np.pi, len(self.cubes))
        start: Start = {}
        for cube, (x, y), yaw in zip(self.cubes, places, yaws, strict=True):
            start |= cube.at(x, y, yaw)
        return start

    def begin(self, start: Start) -> None:
        """Take over which cube is meant and how it is said.

        Raises:
            SimError: the start names a colour that no cube has.
        """
        colour = start[NAMED]['value']
        if colour not in self._by_colour:
            known = ', '.join(self._by_colour)
            raise SimError(f"start names the colour '{colour}'; this world has: {known}")
        self._begin(colour, start[PHRASE]['value'])

    def _begin(self, colour: str, phrase: str) -> None:
        self.target = self._by_colour[colour]
        self.instruction = phrase.replace('{colour}', colour)

    def watch(self, qpos: NDArray[float64]) -> None:
        """Count for how long each cube has been up."""
        for cube in self.cubes:
            cube.watch(qpos)

    @property
    def success(self) -> bool:
        """Whether the named cube has been held high long enough."""
        return self.target.is_lifted

    @property
    def failure(self) -> str:
        """Whether another cube has been held as high and as long, which ends the episode."""
        others = (cube for cube in self.cubes if cube is not self.target)
        return WRONG_OBJECT if any(cube.is_lifted for cube in others) else ''
