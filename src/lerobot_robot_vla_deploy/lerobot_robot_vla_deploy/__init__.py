"""Plug-in for LeRobot: the robot behind the action filter, as robot vla_deploy."""

from lerobot_robot_vla_deploy.config_vla_deploy import VlaDeployConfig

__all__ = ['VlaDeployConfig']
