"""Plug-in for LeRobot: the simulator with the filter, as environment vla_deploy."""

import gymnasium
from lerobot_env_vla_deploy.configuration_vla_deploy import VlaDeployEnvConfig

__all__ = ['VlaDeployEnvConfig']

gymnasium.register(
    'lerobot_env_vla_deploy/VlaDeploy-v0',
    entry_point='lerobot_env_vla_deploy.environment:VlaDeployEnv',
)
