"""Terms that replace the textures of table, objects and sky."""

from collections.abc import Callable

from vla_contract.values import Vector
from vla_sim_bridge.randomization.stage import Stage
from vla_sim_bridge.randomization.term import NUMBERS, Term
from vla_sim_bridge.randomization.textures import Texture
from vla_sim_bridge.scene.extras import OBJECT, SKY, TABLE


def _replace(name: str) -> Callable[[Stage, Vector], None]:
    """Return what replaces a texture; the geom turns white, so that the texture's colours show."""

    def apply(stage: Stage, values: Vector) -> None:
        stage.textures[name] = Texture(int(values[0]))
        if name == TABLE:
            stage.model.geom_rgba[stage.table_geom, :3] = 1.0

    return apply


def _numbers(name: str) -> Callable[[Stage], float]:
    """Return the largest number of a texture: none where the world was compiled without it."""

    def most(stage: Stage) -> float:
        model = stage.model
        return NUMBERS[1] if name in {model.texture(k).name for k in range(model.ntex)} else 0.0

    return most


def _object_texture(stage: Stage, values: Vector) -> None:
    """Give every object the same texture.

    Several keep their colours, and get its greys: an instruction tells them apart by nothing
    else.
    """
    stage.require_objects('object_texture')
    model, geoms = stage.model, stage.object_geoms
    stage.textures[OBJECT] = Texture(int(values[0]), is_grey=stage.several_objects)
    if not stage.several_objects:
        is_textured = model.geom_matid[geoms] == model.material(OBJECT).id
        model.geom_rgba[geoms[is_textured], :3] = 1.0


TEXTURE_TERMS = (
    Term('table_texture', '', 'set', _replace(TABLE), 'number of the texture of the table',
         limits=NUMBERS, most_here=_numbers(TABLE)),
    Term('object_texture', '', 'set', _object_texture, 'number of the texture of the object',
         limits=NUMBERS, most_here=_numbers(OBJECT)),
    Term('background_texture', '', 'set', _replace(SKY), 'number of the texture of the sky',
         limits=NUMBERS, most_here=_numbers(SKY)),
)  # fmt: skip
