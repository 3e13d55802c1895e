"""Options of the robot vla_deploy, as --robot.NAME of LeRobot's commands."""

from dataclasses import dataclass
import re

from lerobot.robots import RobotConfig
from vla_contract.deployment.deployment import DEFAULT
from vla_contract.errors import SettingError
from vla_contract.schema import check_settings, setting

_NAMESPACE = re.compile(r'(/?[A-Za-z_]\w*(/[A-Za-z_]\w*)*)?')


@RobotConfig.register_subclass('vla_deploy')
@dataclass(kw_only=True)
class VlaDeployConfig(RobotConfig):  # type: ignore[misc]
    """A robot whose action filter and drivers, or simulator, run already.

    LeRobot finds the class of the robot by the name of this one, without 'Config'.
    """

    deployment: str = setting(DEFAULT, doc='name under config/deployments, or path of a file')
    cell: str = setting('', doc="another cell than the deployment's")
    policy: str = setting(
        '',
        doc="another policy than the deployment's, for what numbers and images mean: policy file, "
        'or checkpoint with one',
    )
    preset: str = setting(
        '',
        doc='convention of the numbers, such as so101_degrees, in place of what the policy says',
    )
    images: str = setting(
        'policy',
        doc='policy: as the policy sees them, or as captured where it names no camera; captured: '
        'every camera of the cell as it is',
        choices=('policy', 'captured'),
    )
    namespace: str = setting('', doc='of the robot in the ROS graph')
    timeout_s: float = setting(
        15.0, doc='how long connect waits for the graph', unit='s', lower=0.1
    )

    def __post_init__(self) -> None:
        """Refuse values out of range.

        Raises:
            SettingError: says which, and what is allowed.
        """
        super().__post_init__()
        check_settings(self, '--robot')
        if not _NAMESPACE.fullmatch(self.namespace):
            allowed = 'letters, digits and _, no digit first, parts joined by /'
            raise SettingError('--robot', 'namespace', repr(self.namespace), allowed)
