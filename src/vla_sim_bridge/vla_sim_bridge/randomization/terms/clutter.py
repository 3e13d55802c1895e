"""Terms of textures and of things that have nothing to do with the task."""

from collections.abc import Callable

import numpy as np
from vla_contract.values import Vector
from vla_sim_bridge.randomization.stage import Stage
from vla_sim_bridge.randomization.term import NUMBERS, Term
from vla_sim_bridge.scene.extras import SKY, TABLE
from vla_sim_bridge.scene.simulated_task import CUBE

# Distractors lie on the table around the area of the object, which stays free.
_FREE_M, _FAR_M = 0.16, 0.40


def _texture(name: str) -> Callable[[Stage, Vector], None]:
    """Return what replaces a texture; the geom turns white, so that the texture's colours show.

    Several cubes keep their colours: an instruction tells them apart by nothing else.
    """

    def apply(stage: Stage, values: Vector) -> None:
        if name == CUBE and len(stage.cube_geoms) > 1:
            return
        stage.textures[name] = int(values[0])
        geoms = {TABLE: stage.table_geom, CUBE: stage.cube_geoms}.get(name)
        if geoms is not None:
            stage.model.geom_rgba[geoms, :3] = 1.0

    return apply


def _distractor_count(stage: Stage, values: Vector) -> None:
    shown = np.arange(len(stage.distractors)) < values[0]
    stage.model.geom_rgba[stage.distractors, 3] = shown


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
    # The first cube is authored in the middle of the area.
    x, y = stage.model.body_pos[stage.cube_bodies[0], :2]
    stage.model.geom_pos[stage.distractors, 0] = x + distance * np.cos(angle)
    stage.model.geom_pos[stage.distractors, 1] = y + distance * np.sin(angle)


def _distractor_colour(stage: Stage, values: Vector) -> None:
    stage.model.geom_rgba[stage.distractors, :3] = values.reshape(-1, 3)


CLUTTER_TERMS = (
    Term('table_texture', '', 'set', _texture(TABLE), 'number of the texture of the table',
         limits=NUMBERS),
    Term('object_texture', '', 'set', _texture(CUBE), 'number of the texture of the object',
         limits=NUMBERS),
    Term('background_texture', '', 'set', _texture(SKY), 'number of the texture of the sky',
         limits=NUMBERS),
    Term('distractor_count', '', 'set', _distractor_count, 'objects that do not matter',
         neutral=lambda stage: 0.0, limits=(0.0, 50.0)),
    Term('distractor_size', 'm', 'set', _distractor_size, 'half edge or radius of each',
         lambda stage: len(stage.distractors), limits=(0.001, 0.2)),
    Term('distractor_place', '', 'set', _distractor_place, 'direction and distance, 0 to 1',
         lambda stage: 2 * len(stage.distractors), limits=(0.0, 1.0)),
    Term('distractor_colour', '', 'set', _distractor_colour, 'red, green, blue of each',
         lambda stage: 3 * len(stage.distractors), limits=(0.0, 1.0)),
)  # fmt: skip
