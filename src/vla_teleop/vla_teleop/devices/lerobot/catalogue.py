"""The teleoperators of LeRobot: what they give, and which package each of them needs.

LeRobot says it only once a class is made, which takes seconds and a port; a test compares this
table with its own names.
"""

from dataclasses import dataclass
from importlib.metadata import distributions
from importlib.util import find_spec

from vla_teleop.devices.lerobot.gives import Gives

# Distributions that LeRobot takes for plug-ins are named so, and so are their modules.
_PLUG_INS = 'lerobot_teleoperator_'
_VERSION = '0.6.1'


@dataclass(frozen=True)
class Known:
    """A teleoperator of LeRobot.

    Attributes:
        type: its registered name.
        gives: what its actions are.
        modules: that it needs beside LeRobot.
        extra: of LeRobot that installs them.
    """

    type: str
    gives: Gives
    modules: tuple[str, ...] = ()
    extra: str = ''

    @property
    def missing(self) -> tuple[str, ...]:
        """Modules that are not installed."""
        return tuple(name for name in self.modules if find_spec(name) is None)

    @property
    def cure(self) -> str:
        """The command that installs what is missing, '' when nothing is."""
        return f"pip install 'lerobot[{self.extra}]=={_VERSION}'" if self.missing else ''


def _rows(gives: Gives, types: str, modules: tuple[str, ...], extra: str) -> tuple[Known, ...]:
    return tuple(Known(name, gives, modules, extra) for name in types.split())


_FEETECH = ('scservo_sdk', 'serial', 'deepdiff')
_DYNAMIXEL = ('dynamixel_sdk', 'serial', 'deepdiff')
KNOWN = (
    *_rows(Gives.JOINTS, 'so100_leader so101_leader bi_so_leader', _FEETECH, 'feetech'),
    *_rows(Gives.JOINTS, 'openarm_mini bi_openarm_mini', _FEETECH, 'feetech'),
    *_rows(Gives.JOINTS, 'koch_leader omx_leader', _DYNAMIXEL, 'dynamixel'),
    *_rows(Gives.JOINTS, 'openarm_leader bi_openarm_leader', ('can',), 'damiao'),
    *_rows(
        Gives.JOINTS, 'rebot_102_leader bi_rebot_102_leader', ('motorbridge_smart_servo',), 'rebot'
    ),
    *_rows(Gives.JOINTS, 'homunculus_arm homunculus_glove', ('serial',), 'pyserial-dep'),
    *_rows(Gives.JOINTS, 'reachy2_teleoperator', ('reachy2_sdk',), 'reachy2'),
    *_rows(Gives.DEFLECTION, 'gamepad', ('pygame',), 'gamepad'),
    *_rows(Gives.DEFLECTION, 'keyboard_ee', ('pynput',), 'pynput-dep'),
    *_rows(Gives.POSE, 'phone', ('hebi', 'teleop'), 'phone'),
    *_rows(Gives.NOTHING, 'keyboard keyboard_rover', ('pynput',), 'pynput-dep'),
    *_rows(Gives.NOTHING, 'unitree_g1', ('serial',), 'unitree-g1'),
)


def plug_ins() -> list[str]:
    """Return the names of the installed distributions that bring teleoperators to LeRobot."""
    names = (str(found.metadata['Name'] or '') for found in distributions())
    return sorted({name for name in names if name.replace('-', '_').startswith(_PLUG_INS)})
