"""Any Teleoperator of LeRobot as a device, by what its actions are."""

from vla_contract.deployment.cell import Cell
from vla_contract.errors import SettingError
from vla_teleop.devices.device import Clock, Device
from vla_teleop.devices.device_file import DeviceFile
from vla_teleop.devices.errors import DeviceError
from vla_teleop.devices.lerobot.gives import given_by, Gives, wants
from vla_teleop.devices.lerobot.leader import Leader
from vla_teleop.devices.lerobot.phone import Phone
from vla_teleop.devices.lerobot.sticks import Sticks
from vla_teleop.devices.lerobot.teleoperator_class import make_teleoperator

_KINDS: dict[Gives, type[Leader] | type[Sticks] | type[Phone]] = {
    Gives.JOINTS: Leader,
    Gives.DEFLECTION: Sticks,
    Gives.POSE: Phone,
}


def make_lerobot_device(file: DeviceFile, cell: Cell, clock_ns: Clock) -> Device:
    """Return LeRobot's teleoperator of a device file.

    Raises:
        VlaError: there is no such class, its options are wrong, a package is missing, or its
            actions are nothing for an arm.
    """
    teleoperator = make_teleoperator(file)
    try:
        gives = given_by(teleoperator.action_features)
    except AttributeError:
        # LeRobot's bare keyboard has no features that could be asked for.
        gives = Gives.NOTHING
    if gives is Gives.NOTHING:
        raise DeviceError(
            f'{file.name}: {file.options["type"]}: found no actions for an arm; allowed: joints '
            '(NAME.pos), tool moves (delta_x, delta_y, delta_z), or phone.pos and phone.rot'
        )
    wanted = wants(gives)
    if (wanted == 'joints') != file.is_leader:
        found = 'tool' if wanted == 'joints' else 'joints'
        raise SettingError(file.name, found, f'a device that gives {gives}', wanted)
    return _KINDS[gives](file, teleoperator, clock_ns)
