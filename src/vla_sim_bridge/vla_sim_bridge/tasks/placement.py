"""Where objects begin: each area's are drawn together, again until all have room."""

from collections.abc import Mapping
from itertools import combinations

import numpy as np
from vla_contract.errors import SimError
from vla_contract.values import Vector
from vla_sim_bridge.randomization.term import random_stream
from vla_sim_bridge.scene.object_settings import AreaConfig
from vla_sim_bridge.tasks.scene_object import SceneObject
from vla_sim_bridge.tasks.start import placed, Start

# Areas that hold their objects at all hold them after a few draws.
_DRAWS = 1000


class Placement:
    """Draws the places of a task's objects.

    Attributes:
        order: names of the objects, what others lie on before them.
    """

    def __init__(
        self, areas: Mapping[str, AreaConfig], objects: Mapping[str, SceneObject]
    ) -> None:
        """Prepare.

        Args:
            areas: by name.
            objects: by name.
        """
        self._areas, self._objects = areas, objects
        self._inside = {
            area: [name for name, thing in objects.items() if thing.config.area == area]
            for area in areas
        }
        self.order = tuple(sorted(objects, key=self._depth))

    def sample(self, seed: int) -> Start:
        """Draw the places of a seed: x, y [m] and yaw [rad] of every object.

        Raises:
            SimError: they do not fit with the distance they must keep.
        """
        draws = {
            area: _Draw(seed, area, names, self._areas[area])
            for area, names in self._inside.items()
            if names
        }
        crowded: tuple[str, str] | None = None
        for _ in range(_DRAWS):
            places = {k: v for draw in draws.values() for k, v in draw.places().items()}
            crowded = self._crowded(places)
            if crowded is None:
                break
        if crowded is not None:
            first, second = crowded
            raise SimError(
                f'{first} and {second} found no places {self._apart(first, second):.3g} m apart '
                f'in {_DRAWS} draws: widen their areas, or lower apart_m'
            )
        turns = {k: v for draw in draws.values() for k, v in draw.yaws().items()}
        start: Start = {}
        for name in self.order:
            base = self._base(name)
            x_m, y_m = places[base]
            start |= placed(name, x_m, y_m, turns[base])
        return start

    def _base(self, name: str) -> str:
        """Return the object on which others stand that it belongs to: itself, or the lowest."""
        below = self._objects[name].config.stands_on
        return self._base(below) if below else name

    def _depth(self, name: str) -> int:
        below = self._objects[name].config.stands_on
        return 1 + self._depth(below) if below else 0

    def _apart(self, first: str, second: str) -> float:
        """Return the least distance between two objects [m]."""
        one, other = self._objects[first], self._objects[second]
        area = one.config.area
        apart_m = self._areas[area].apart_m if area == other.config.area else 0.0
        return max(apart_m, one.radius_m + other.radius_m)

    def _crowded(self, places: Mapping[str, Vector]) -> tuple[str, str] | None:
        """Return two objects that are too close; None where all have room."""
        for first, second in combinations(places, 2):
            way = places[first] - places[second]
            if np.hypot(*way) < self._apart(first, second):
                return first, second
        return None


class _Draw:
    """The streams of one area; a lone object has one for each number."""

    def __init__(self, seed: int, area: str, names: list[str], config: AreaConfig) -> None:
        self._names, self._config = names, config
        if len(names) == 1:
            self._rngs = [random_stream(seed, f'{names[0]}_{key}') for key in ('x', 'y', 'yaw')]
        else:
            self._rngs = [random_stream(seed, f'{area}_places')] * 3

    def places(self) -> dict[str, Vector]:
        """Return x and y of each object, shape (2,) [m]."""
        config, names = self._config, self._names
        if len(names) == 1:
            ranges = (config.x_m, config.y_m)
            pairs = zip(self._rngs[:2], ranges, strict=True)
            return {names[0]: np.array([rng.uniform(*interval) for rng, interval in pairs])}
        low, high = zip(config.x_m, config.y_m, strict=True)
        return dict(zip(names, self._rngs[0].uniform(low, high, (len(names), 2)), strict=True))

    def yaws(self) -> dict[str, float]:
        """Return how each object is turned [rad]."""
        low, high = np.radians(self._config.yaw_deg)
        turns = self._rngs[2].uniform(low, high, len(self._names))
        return dict(zip(self._names, map(float, turns), strict=True))
