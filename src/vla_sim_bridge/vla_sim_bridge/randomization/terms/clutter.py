"""Terms of things that have nothing to do with the task."""

import numpy as np
from vla_contract.values import Vector
from vla_sim_bridge.randomization.stage import Stage
from vla_sim_bridge.randomization.term import Term

# Distractors lie on the table around the area of the object, which stays free.
_FREE_M, _FAR_M = 0.16, 0.40
_SIZE_M = 0.02
_COUNT = 'distractor_count'


def _distractor_count(stage: Stage, values: Vector) -> None:
    """Show some of them, in a circle around the area; other terms put them elsewhere."""
    count = len(stage.distractors)
    stage.model.geom_rgba[stage.distractors, 3] = np.arange(count) < values[0]
    _distractor_size(stage, np.full(count, _SIZE_M))
    directions = np.arange(count) / max(count, 1)
    _distractor_place(stage, np.column_stack([directions, np.full(count, 0.5)]).ravel())


def _distractor_size(stage: Stage, values: Vector) -> None:
    """Set size and bound, and stand each on the table."""
    model, geoms = stage.model, stage.distractors
    model.geom_size[geoms] = values[:, None]
    model.geom_rbound[geoms] = values * np.sqrt(3.0)
    top = model.geom_pos[stage.table_geom, 2] + model.geom_size[stage.table_geom, 2]
    model.geom_pos[geoms, 2] = top + values


def _distractor_place(stage: Stage, values: Vector) -> None:
    """Place each by direction and distance, both given in [0, 1]."""
    turn, share = values.reshape(-1, 2).T
    distance = _FREE_M + (_FAR_M - _FREE_M) * share
    angle = 2.0 * np.pi * turn
    x, y = stage.middle
    stage.model.geom_pos[stage.distractors, 0] = x + distance * np.cos(angle)
    stage.model.geom_pos[stage.distractors, 1] = y + distance * np.sin(angle)


def _distractor_colour(stage: Stage, values: Vector) -> None:
    stage.model.geom_rgba[stage.distractors, :3] = values.reshape(-1, 3)


CLUTTER_TERMS = (
    Term(_COUNT, '', 'set', _distractor_count, 'objects that do not matter',
         neutral=lambda stage: 0.0, limits=(0.0, 50.0),
         most_here=lambda stage: float(len(stage.distractors))),
    Term('distractor_size', 'm', 'set', _distractor_size, 'half edge or radius of each',
         lambda stage: len(stage.distractors), limits=(0.001, 0.2),
         needs=(_COUNT,)),
    Term('distractor_place', '', 'set', _distractor_place, 'direction and distance, 0 to 1',
         lambda stage: 2 * len(stage.distractors), limits=(0.0, 1.0),
         needs=(_COUNT,)),
    Term('distractor_colour', '', 'set', _distractor_colour, 'red, green, blue of each',
         lambda stage: 3 * len(stage.distractors), limits=(0.0, 1.0),
         needs=(_COUNT,)),
)  # fmt: skip
