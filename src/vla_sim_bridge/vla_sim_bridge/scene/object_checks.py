"""Whether the objects of a task are said completely and do not contradict each other."""

from collections.abc import Mapping

from vla_contract.errors import SettingError
from vla_contract.schema import unknown_name
from vla_sim_bridge.scene.object_settings import (
    AreaConfig,
    CAPSULE,
    FROM_FILE,
    MJCF,
    ObjectConfig,
    OPEN_BOX,
    SIZES,
)

# What the simulator itself calls so, and what conditions mean by a word.
_TAKEN = ('table', 'sky', 'target', 'others', 'robot', 'world', 'home')


def check_objects(
    objects: Mapping[str, ObjectConfig], areas: Mapping[str, AreaConfig], where: str
) -> None:
    """Check every object of a task.

    Args:
        objects: by name.
        areas: by name.
        where: task in error messages.

    Raises:
        SettingError: names what is missing, unknown or contradicts another value.
    """
    if not objects:
        raise SettingError(where, 'objects', 'none', 'one or more')
    for name, area in areas.items():
        for axis in ('x_m', 'y_m', 'yaw_deg'):
            low, high = getattr(area, axis)
            if low > high:
                found = f'[{low:g}, {high:g}]'
                raise SettingError(where, f'areas.{name}.{axis}', found, 'the lower end first')
    for name, config in objects.items():
        place = f'objects.{name}'
        if name in _TAKEN or not name.isidentifier():
            allowed = f'letters, digits and _; not {", ".join(_TAKEN)}'
            raise SettingError(where, place, f"the name '{name}'", allowed)
        for tag in config.tags:
            if tag in (*objects, *_TAKEN) or not tag.isidentifier():
                allowed = 'a word of letters, digits and _ that is no name of an object'
                raise SettingError(where, f'{place}.tags', f"'{tag}'", allowed)
        _check_shape(config, where, place)
        _check_place(name, config, objects, areas, where)


def _check_shape(config: ObjectConfig, where: str, place: str) -> None:
    count = SIZES[config.shape]
    if len(config.size_m) != count:
        found = f'{len(config.size_m)} numbers'
        raise SettingError(where, f'{place}.size_m', found, f'{count} for a {config.shape}')
    if (config.shape in FROM_FILE) != bool(config.file):
        found = repr(config.file) if config.file else 'nothing'
        raise SettingError(where, f'{place}.file', found, f'a file with {" or ".join(FROM_FILE)}')
    has_mass = config.mass_kg is not None
    if config.shape == MJCF and has_mass:
        raise SettingError(
            where, f'{place}.mass_kg', f'{config.mass_kg}', 'none: its MJCF says it'
        )
    if config.shape != MJCF and not has_mass and not config.fixed:
        raise SettingError(where, f'{place}.mass_kg', 'nothing', 'float in [0.001, 100] [kg]')
    if config.frames and config.shape != MJCF:
        raise SettingError(where, f'{place}.frames', ', '.join(config.frames), 'some of an MJCF')
    if config.shape == CAPSULE and config.size_m[1] <= config.size_m[0]:
        found = f'a height of {config.size_m[1]:g}'
        raise SettingError(where, f'{place}.size_m', found, 'one above its diameter')
    if config.shape == OPEN_BOX and min(config.size_m[:3]) <= 2 * config.size_m[3]:
        found = f'a wall of {config.size_m[3]:g}'
        raise SettingError(where, f'{place}.size_m', found, 'one below half of its least edge')


def _check_place(
    name: str,
    config: ObjectConfig,
    objects: Mapping[str, ObjectConfig],
    areas: Mapping[str, AreaConfig],
    where: str,
) -> None:
    if bool(config.area) == bool(config.stands_on):
        found = 'both' if config.area else 'neither'
        raise SettingError(
            where, f'objects.{name}', f'{found} of area and stands_on', 'one of them'
        )
    if config.area and config.area not in areas:
        raise unknown_name(where, f'objects.{name}.area', config.area, areas)
    if config.stands_on and config.stands_on not in objects:
        raise unknown_name(where, f'objects.{name}.stands_on', config.stands_on, objects)
    support = objects[config.stands_on] if config.stands_on else None
    if support is not None and support.inner is not None and support.inner.frame:
        found = f'{config.stands_on}, whose inside moves'
        raise SettingError(
            where, f'objects.{name}.stands_on', found, 'an object that stands still'
        )
    chain = [name]
    while (below := objects[chain[-1]].stands_on) and below in objects:
        if below in chain:
            found = ' on '.join((*chain, below))
            raise SettingError(
                where, f'objects.{name}.stands_on', found, 'an object that stands itself'
            )
        chain.append(below)
