import os

import pytest

os.environ.setdefault('MUJOCO_GL', 'egl')

from vla_contract.deployment.cell import Cell
from vla_contract.deployment.deployment import Deployment, load_deployment
from vla_sim_bridge.scene.simulated_task import simulated_task, SimulatedTask
from vla_sim_bridge.scene.world import World


@pytest.fixture(scope='session')
def deployment() -> Deployment:
    return load_deployment('panda_lift_cube')


@pytest.fixture(scope='session')
def cell(deployment) -> Cell:
    return deployment.cell


@pytest.fixture(scope='session')
def config(deployment) -> SimulatedTask:
    return simulated_task(deployment.task)


@pytest.fixture(scope='session')
def world(deployment) -> World:
    """Share one compiled world; tests begin with a reset."""
    return World(deployment)
