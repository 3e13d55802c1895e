import os

import pytest

os.environ.setdefault('MUJOCO_GL', 'egl')

from vla_contract.contract import load_contract, RobotContract
from vla_sim_bridge.scene.world import World
from vla_sim_bridge.scene.world_config import load_world_config, WorldConfig


@pytest.fixture(scope='session')
def contract() -> RobotContract:
    return load_contract('panda_2f85')


@pytest.fixture(scope='session')
def config() -> WorldConfig:
    return load_world_config('lift_cube')


@pytest.fixture(scope='session')
def world(contract, config) -> World:
    """Share one compiled world; tests begin with a reset."""
    return World(contract, config)
