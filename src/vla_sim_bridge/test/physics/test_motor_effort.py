"""Newton's law as the oracle: what a step did to the momentum is what the motors gave."""

import mujoco
import numpy as np
import pytest
from vla_contract.deployment.deployment import load_deployment
from vla_sim_bridge.physics.motor_effort import motor_effort
from vla_sim_bridge.scene.world import World


@pytest.fixture(scope='module')
def world() -> World:
    return World(load_deployment('panda_lift_cube'))


def test_effort_explains_the_motion_of_the_arm(world):
    world.reset(0)
    model, data, arm = world.model, world.data, list(world.cell.arm)
    dofs = world._qvel[arm]
    target = np.array(world.command)
    for k in range(30):
        target[arm] += 0.001 * k * np.array([1, 0.5, -1, 0.5, 1, -1, 1])
        world.step(target, 10_000_000)
    mass, before = np.zeros((model.nv, model.nv)), np.array(data.qvel)
    mujoco.mj_step(model, data)
    after = np.array(data.qvel)
    mujoco.mj_fullM(model, data, mass)
    lasting = mass @ (after - before) / model.opt.timestep
    expected = (lasting + data.qfrc_bias + model.dof_damping * after)[dofs]
    naive = (data.qfrc_actuator + data.qfrc_gravcomp)[dofs]
    assert motor_effort(model, data)[dofs] == pytest.approx(expected, abs=0.05)
    assert np.abs(naive - expected).max() > 1.0


def test_a_world_that_measures_no_effort_says_none_and_one_that_does_carries_the_weight(world):
    world.reset(0)
    assert world.joint_sample().effort is None
    measuring = World(load_deployment(overrides={'robot.servo.measures_effort': True}))
    measuring.reset(0)
    for _ in range(50):
        measuring.step(measuring.command, 10_000_000)
    effort = measuring.joint_sample().effort
    gravity = measuring.data.qfrc_bias[measuring._qvel]
    arm = list(world.cell.arm)
    assert effort[arm] == pytest.approx(gravity[arm], abs=0.1)
    assert np.abs(effort[arm]).max() > 10.0
