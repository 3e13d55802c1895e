"""Make a LeRobot Teleoperator of any class that is installed, by the fields of its config."""

from typing import Any

from vla_contract.errors import SettingError
from vla_lerobot.drivers.robot_class import decode, one_line, register_classes
from vla_lerobot.lerobot_import import quiet_lerobot, skip_extras_of_policies
from vla_teleop.devices.device_file import DeviceFile
from vla_teleop.devices.errors import DeviceError


def known_types() -> dict[str, Any]:
    """Return the configuration classes of all teleoperators of LeRobot and its plug-ins, by type.

    LeRobot is imported for it, which takes seconds.
    """
    quiet_lerobot()
    skip_extras_of_policies()
    import lerobot.teleoperators
    from lerobot.teleoperators import TeleoperatorConfig
    from lerobot.utils.import_utils import register_third_party_plugins

    register_classes(lerobot.teleoperators)
    register_third_party_plugins()
    return dict(TeleoperatorConfig.get_known_choices())


def make_teleoperator(file: DeviceFile) -> Any:
    """Return LeRobot's Teleoperator, not connected.

    Raises:
        VlaError: no class of that type is installed, a field is unknown, or a package is missing.
    """
    where = f'{file.name}: options'
    if not isinstance(file.options.get('type'), str):
        found = repr(file.options.get('type'))
        raise SettingError(where, 'type', found, 'a name, as LeRobot commands take it')
    known_types()
    from lerobot.teleoperators import make_teleoperator_from_config, TeleoperatorConfig

    config = decode(TeleoperatorConfig, file.options, where)
    try:
        return make_teleoperator_from_config(config)
    except (ImportError, ValueError, OSError) as error:
        raise DeviceError(f'{file.name}: {file.options["type"]}: {one_line(error)}') from error
