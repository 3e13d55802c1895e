"""Make a LeRobot robot of any class that is installed, by the fields of its RobotConfig."""

from collections.abc import Iterator, Mapping
import dataclasses
import importlib
import pkgutil
from types import ModuleType
from typing import Any

from vla_contract.errors import SettingError, UnknownNameError
from vla_lerobot.drivers.driver_file import DriverFile
from vla_lerobot.drivers.errors import DriverError
from vla_lerobot.lerobot_import import quiet_lerobot, skip_extras_of_policies

_CAMERAS = 'cameras'
_TORQUE = 'disable_torque_on_disconnect'


def make_robot(file: DriverFile) -> Any:
    """Return LeRobot's Robot, not connected, without cameras and with torque left on at its end.

    Its cameras are opened beside it: one that fails must not end the reading of joints.

    Raises:
        VlaError: no class of that type is installed, a field is unknown, or a package is missing.
    """
    quiet_lerobot()
    # Plug-ins of environments import LeRobot's policies' configurations, and these all extras.
    skip_extras_of_policies()
    import lerobot.robots
    from lerobot.robots import make_robot_from_config, RobotConfig
    from lerobot.utils.import_utils import register_third_party_plugins

    register_classes(lerobot.robots)
    register_third_party_plugins()
    fields = {key: value for key, value in file.robot.items() if key != _CAMERAS}
    config = decode(RobotConfig, fields, f'{file.name}: robot')
    _leave_torque_on(config, f'{file.name}: robot')
    try:
        return make_robot_from_config(config)
    except (ImportError, ValueError, OSError) as error:
        raise DriverError(f'{file.name}: {file.type}: {one_line(error)}') from error


def decode(kind: Any, fields: Mapping[str, Any], where: str) -> Any:
    """Return the configuration of a choice of LeRobot's, such as a robot or a camera.

    Args:
        kind: registry of choices: RobotConfig or CameraConfig.
        fields: with `type`, the name of the choice.
        where: file, for the message.

    Raises:
        UnknownNameError: there is no such choice; lists those that there are.
        SettingError: a field is unknown or missing, or of the wrong type.
    """
    import draccus

    known = kind.get_known_choices()
    if fields.get('type') not in known:
        name = str(fields.get('type'))
        raise UnknownNameError('type', name, f'{where} of the installed LeRobot', known)
    try:
        return draccus.decode(kind, dict(fields))
    except (draccus.utils.DecodingError, TypeError, ValueError) as error:
        own = dataclasses.fields(known[fields['type']])
        allowed = ', '.join(sorted(field.name for field in own))
        raise SettingError(where, str(fields['type']), one_line(error), allowed) from error


def make_cameras(file: DriverFile) -> dict[str, Any]:
    """Return LeRobot's cameras by their names, not connected.

    Raises:
        VlaError: a field is unknown, or a package is missing.
    """
    wanted = file.robot.get(_CAMERAS) or {}
    if not wanted:
        return {}
    quiet_lerobot()
    import lerobot.cameras
    from lerobot.cameras import CameraConfig, make_cameras_from_configs

    register_classes(lerobot.cameras)
    where = f'{file.name}: robot.{_CAMERAS}'
    configs = {name: decode(CameraConfig, own, f'{where}.{name}') for name, own in wanted.items()}
    try:
        return dict(make_cameras_from_configs(configs))
    except (ImportError, ValueError) as error:
        raise DriverError(f'{where}: {one_line(error)}') from error


def one_line(error: BaseException) -> str:
    """Return an error's message without its line breaks: LeRobot's are long."""
    return ' '.join(str(error).split()) or type(error).__name__


def register_classes(package: ModuleType) -> None:
    """Import every folder of a package: its classes register themselves when they are."""
    for module in pkgutil.iter_modules(package.__path__):
        if module.ispkg:
            try:
                importlib.import_module(f'{package.__name__}.{module.name}')
            except ImportError:
                # A robot whose own package is missing; its type is then not among the choices.
                continue


def _leave_torque_on(config: Any, where: str) -> None:
    """Have the class never switch torque off by itself, nor open a camera."""
    for part in _parts(config):
        if hasattr(part, _TORQUE):
            setattr(part, _TORQUE, False)
        if getattr(part, _CAMERAS, None):
            if part is not config:
                raise SettingError(where, _CAMERAS, 'one of an arm', f'all under robot.{_CAMERAS}')
            part.cameras = {}


def _parts(config: Any) -> Iterator[Any]:
    """Yield a configuration and those of its arms."""
    yield config
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if dataclasses.is_dataclass(value):
            yield from _parts(value)
