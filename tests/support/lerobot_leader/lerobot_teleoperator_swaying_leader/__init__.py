"""A leader arm that nobody moves, found by LeRobot as any plug-in is."""

from lerobot_teleoperator_swaying_leader.config_swaying_leader import SwayingLeaderConfig

__all__ = ['SwayingLeaderConfig']
