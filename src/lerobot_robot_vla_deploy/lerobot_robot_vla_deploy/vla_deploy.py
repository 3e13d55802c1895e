"""The robot behind the action filter, as LeRobot's loops know robots."""

from functools import cached_property
import logging
from typing import Any

from lerobot.robots import Robot
from lerobot.utils.decorators import check_if_already_connected, check_if_not_connected
from lerobot_robot_vla_deploy.config_vla_deploy import VlaDeployConfig
from lerobot_robot_vla_deploy.joint_numbers import JointNumbers
from lerobot_robot_vla_deploy.pictures import Pictures
from vla_contract.deployment.deployment import load_deployment

_logger = logging.getLogger(__name__)


class VlaDeploy(Robot):  # type: ignore[misc]
    """Looks at joints and cameras of a graph, and asks its action filter for targets.

    Every limit of the filter holds for whatever LeRobot sends: a leader arm, a policy, a replayed
    dataset. What is measured and commanded has the names and units of a policy file.

    Attributes:
        cameras: shapes of the images by their keys; LeRobot counts them.
    """

    config_class = VlaDeployConfig
    name = 'vla_deploy'

    def __init__(self, config: VlaDeployConfig) -> None:
        """Load the deployment; nothing of ROS is touched before `connect`.

        Raises:
            VlaError: a name is unknown, or an option has another value than allowed.
        """
        super().__init__(config)
        self.config = config
        self._link: Any = None
        self._deployment = load_deployment(
            config.deployment,
            cell=config.cell,
            policy=config.policy,
            overrides=_preset_alone(config.preset),
        )
        self._numbers = JointNumbers(self._deployment)
        self._pictures = Pictures(self._deployment, config.images == 'captured')
        self.cameras = self._pictures.shapes

    @cached_property
    def observation_features(self) -> dict[str, Any]:
        """Numbers of the state in their order, then shapes of the images."""
        return {**dict.fromkeys(self._numbers.state_names, float), **self._pictures.shapes}

    @cached_property
    def action_features(self) -> dict[str, Any]:
        """Numbers of an action in their order."""
        return dict.fromkeys(self._numbers.action_names, float)

    @property
    def is_connected(self) -> bool:
        """Whether it is part of the graph."""
        return getattr(self, '_link', None) is not None

    @property
    def is_calibrated(self) -> bool:
        """True: the drivers are, or the simulator."""
        return True

    @check_if_already_connected  # type: ignore[untyped-decorator]
    def connect(self, calibrate: bool = True) -> None:
        """Join the graph, and wait until the arm would follow.

        Raises:
            VlaError: it would not; says in one sentence what is missing.
        """
        # LeRobot imports every plug-in before it knows which robot is meant.
        from lerobot_robot_vla_deploy.ros.link import RobotLink

        link = RobotLink(
            self._deployment, self._pictures.cameras, self.config.namespace, _logger.warning
        )
        try:
            link.wait_until_ready(self.config.timeout_s)
        except BaseException:
            link.close()
            raise
        self._link = link

    def calibrate(self) -> None:
        """Do nothing: the drivers are calibrated."""

    def configure(self) -> None:
        """Do nothing: the drivers are configured."""

    @check_if_not_connected  # type: ignore[untyped-decorator]
    def get_observation(self) -> dict[str, Any]:
        """Return the newest state and images.

        Raises:
            ArmStandsError: a driver or a camera has fallen silent.
        """
        state = self._numbers.state(self._link.joints().position)
        return {**state, **self._pictures.fit(self._link.images())}

    @check_if_not_connected  # type: ignore[untyped-decorator]
    def send_action(self, action: dict[str, Any]) -> dict[str, Any]:
        """Ask the action filter for an action; return the command that it sent last.

        It goes to the target from there, within its limits, in the time between two actions.

        Raises:
            ArmStandsError: the arm does not follow any more; says why.
            VlaError: a number is missing, not finite, or of another robot.
        """
        joints = self._link.joints().position
        command = self._link.send(self._numbers.target(action, joints))
        return self._numbers.action(command, joints)

    @check_if_not_connected  # type: ignore[untyped-decorator]
    def disconnect(self) -> None:
        """Leave the graph; the arm comes to rest at its last target, and holds."""
        link, self._link = self._link, None
        link.close()


def _preset_alone(preset: str) -> dict[str, Any]:
    """Return what makes a convention stand in place of what a policy file says of numbers."""
    if not preset:
        return {}
    return {'policy.preset': preset, 'policy.state': [{}], 'policy.action': [{}]}
