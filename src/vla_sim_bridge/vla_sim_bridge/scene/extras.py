"""What randomisation needs compiled into a scene: lights to turn on, textures, distractors.

All of it is there from the start and hidden, so that an episode only edits fields: compiling the
Panda again costs a hundred milliseconds, and a new renderer half a second.
"""

from dataclasses import dataclass

import mujoco

TABLE, SKY, OBJECT = 'table', 'sky', 'object'
TEXTURE_SIDE, SKY_SIDE = 256, 64
_SHAPES = (
    mujoco.mjtGeom.mjGEOM_BOX,
    mujoco.mjtGeom.mjGEOM_SPHERE,
    mujoco.mjtGeom.mjGEOM_CYLINDER,
)
# Where lights hang, in the order they are turned on, and where they point.
_LIGHTS = (
    ((0.3, -0.6, 2.0), (0.1, 0.3, -1.0)),
    ((0.8, 0.7, 1.8), (-0.2, -0.4, -1.0)),
    ((-0.3, 0.4, 2.2), (0.4, -0.2, -1.0)),
    ((1.2, -0.2, 1.5), (-0.6, 0.1, -1.0)),
)


@dataclass(frozen=True)
class SceneExtras:
    """How much of each to compile; the defaults are the nominal world.

    Attributes:
        lights: 1 to 4; all but the first are off until something turns them on.
        textures: of the table or of the objects by name, white until they are replaced.
        distractors: objects that are seen and touch nothing, invisible until they are shown.
    """

    lights: int = 1
    textures: tuple[str, ...] = ()
    distractors: int = 0


NO_EXTRAS = SceneExtras()


def add_lights(spec: mujoco.MjSpec, extras: SceneExtras) -> None:
    """Hang the lights; only the first is on."""
    for place, direction in _LIGHTS[: extras.lights]:
        spec.worldbody.add_light(
            pos=place,
            dir=direction,
            diffuse=[0.5, 0.5, 0.5],
            castshadow=False,
            active=place is _LIGHTS[0][0],
        )


def add_texture(
    spec: mujoco.MjSpec, geom: 'mujoco.MjsGeom', name: str, extras: SceneExtras
) -> None:
    """Give a geom the texture of a name if the extras ask for it; its colour still multiplies it.

    Geoms may share one.
    """
    if name not in extras.textures:
        return
    if spec.material(name) is None:
        _add_white(spec, name)
    geom.material = name


def _add_white(spec: mujoco.MjSpec, name: str) -> None:
    spec.add_texture(
        name=name,
        type=mujoco.mjtTexture.mjTEXTURE_2D,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_FLAT,
        rgb1=[1.0, 1.0, 1.0],
        width=TEXTURE_SIDE,
        height=TEXTURE_SIDE,
    )
    material = spec.add_material(name=name)
    material.textures[int(mujoco.mjtTextureRole.mjTEXROLE_RGB)] = name


def add_distractors(spec: mujoco.MjSpec, extras: SceneExtras) -> None:
    """Add invisible objects: box, sphere, cylinder, and again."""
    for k in range(extras.distractors):
        spec.worldbody.add_geom(
            name=distractor_name(k),
            type=_SHAPES[k % len(_SHAPES)],
            size=[0.02, 0.02, 0.02],
            pos=[0.5, 0.0, -1.0],
            rgba=[0.5, 0.5, 0.5, 0.0],
            # They are seen and touch nothing: whether the task can be done must not depend on
            # where a distractor happens to lie.
            contype=0,
            conaffinity=0,
        )


def distractor_name(number: int) -> str:
    """Return the name of a distractor's geom."""
    return f'distractor_{number}'
