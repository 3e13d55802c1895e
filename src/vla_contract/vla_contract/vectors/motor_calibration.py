"""LeRobot's motor calibrations: which positions of a joint the ends of a motor's range are."""

from collections.abc import Iterator
from dataclasses import replace
import json
from math import pi
from pathlib import Path
from typing import Any

from vla_contract.errors import ResourceNotFoundError, SettingError, UnknownNameError
from vla_contract.vectors.component import Component, NumberMap

# Steps of a turn of every motor of LeRobot's arms (sts3215, xl330, xl430, xm430, xm540):
# MODEL_RESOLUTION in lerobot/motors/feetech/tables.py and dynamixel/tables.py.
_RESOLUTION = 4096


def motor_range(
    range_min: int, range_max: int, is_reversed: bool, resolution: int = _RESOLUTION
) -> tuple[float, float]:
    """Return the positions at the lower and upper end of a motor's numbers [rad].

    They count from the middle of its range, as LeRobot's degrees do: `_normalize` of
    lerobot/motors/motors_bus.py gives (val - (min + max) / 2) * 360 / (resolution - 1). The other
    modes reverse a motor with a drive_mode where the bus applies it, degrees do not.

    Args:
        range_min: of the calibration [encoder steps].
        range_max: likewise.
        is_reversed: whether it has a drive_mode that the bus applies.
        resolution: encoder steps of a turn.
    """
    half = (range_max - range_min) * pi / (resolution - 1)
    return (half, -half) if is_reversed else (-half, half)


def with_ranges(
    components: tuple[Component, ...], folder: Path, where: str
) -> tuple[Component, ...]:
    """Return components whose maps have ranges in place of calibration files, joint by joint.

    Args:
        components: with their joints.
        folder: from which paths of calibrations count.
        where: they stand, for errors.

    Raises:
        ResourceNotFoundError: there is no such file.
        UnknownNameError: it has no motor of a joint's name.
        SettingError: it is no motor calibration, or a range is empty.
    """
    return tuple(one for component in components for one in _ranged(component, folder, where))


def _ranged(component: Component, folder: Path, where: str) -> Iterator[Component]:
    numbers = component.map
    if numbers is None or not numbers.calibration:
        yield component
        return
    if numbers.range is not None:
        raise SettingError(where, 'map', 'range and calibration', 'one of them')
    path = folder / Path(numbers.calibration).expanduser()
    motors = _read(path)
    for index, joint in enumerate(component.joints):
        if joint not in motors:
            raise UnknownNameError('motor', joint, str(path), motors)
        try:
            found = _range_of(motors[joint], numbers.motors == 'feetech')
        except (KeyError, TypeError):
            raise SettingError(
                str(path), joint, repr(motors[joint]), 'drive_mode, range_min and range_max'
            ) from None
        # Defaults again, so that the meaning is that of the range alone.
        plain = replace(numbers, range=found, calibration='', motors=NumberMap().motors)
        yield replace(
            component,
            joints=(joint,),
            map=plain,
            sign=_own(component.sign, index),
            zero=_own(component.zero, index),
        )


def _range_of(motor: dict[str, Any], is_reversible: bool) -> tuple[float, float]:
    """Return the range of an entry of a calibration file [rad]."""
    is_reversed = is_reversible and bool(motor['drive_mode'])
    return motor_range(motor['range_min'], motor['range_max'], is_reversed)


def _own(values: tuple[float, ...], index: int) -> tuple[float, ...]:
    return values if len(values) < 2 else values[index : index + 1]


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding='utf-8'))
    except FileNotFoundError:
        raise ResourceNotFoundError(
            'motor calibration', path, 'lerobot-calibrate writes it'
        ) from None
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise SettingError(str(path), 'content', 'no mapping', "LeRobot's motor calibration, JSON")
    return content
