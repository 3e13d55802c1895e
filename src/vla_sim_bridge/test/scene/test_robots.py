"""Every robot in config/robots, each in its own world: what no test knows by a joint's name."""

from dataclasses import replace

import numpy as np
import pytest
from vla_contract.contract import load_contract, RobotContract
from vla_contract.errors import PolicyError, SimError
from vla_contract.share import find_config
from vla_contract.values import to_ns
from vla_sim_bridge.demonstrations.expert import ScriptedExpert
from vla_sim_bridge.physics.kinematics import ArmKinematics
from vla_sim_bridge.randomization.randomization import load_randomization
from vla_sim_bridge.scene.robot_spec import ROBOT
from vla_sim_bridge.scene.world import World
from vla_sim_bridge.scene.world_config import load_world_config

WORLDS = {'panda_2f85': 'lift_cube', 'vx300s': 'lift_cube_vx300s'}
PERIOD_NS = to_ns(0.1)


@pytest.fixture(scope='module', params=WORLDS)
def world(request) -> World:
    return World(load_contract(request.param), load_world_config(WORLDS[request.param]))


@pytest.fixture
def contract(world) -> RobotContract:
    return world.contract


def test_every_robot_is_tested():
    folder = find_config('robots', 'panda_2f85').parent
    assert {path.stem for path in folder.glob('*.yaml')} == set(WORLDS)


def test_at_home_the_open_gripper_looks_down(world, contract):
    gripper = contract.grippers[0]
    assert contract.home[gripper] == contract.joints[gripper].open
    _, rotation = ArmKinematics(world.model, contract).tool_pose(contract.home[list(contract.arm)])
    assert rotation[2, 2] < -0.99
    assert np.linalg.det(rotation) == pytest.approx(1.0)


def test_an_arm_that_is_told_nothing_stays(world, contract):
    world.reset(0)
    arm = list(contract.arm)
    before = world.joint_sample().position[arm]
    world.step(world.command, to_ns(1.0))
    after = world.joint_sample()
    assert after.position[arm] == pytest.approx(before, abs=2e-3)
    assert np.abs(after.velocity[arm]).max() < 1e-2


def test_each_joint_goes_where_it_is_told_and_no_other_does(world, contract):
    for i in contract.arm:
        world.reset(0)
        target = world.command
        target[i] += 0.1
        world.step(target, to_ns(0.5))
        world.step(target, to_ns(1.0))
        assert world.joint_sample().position == pytest.approx(target, abs=5e-3)


def test_fingers_close_and_open_along_the_closing_axis(world, contract):
    gripper = contract.grippers[0]
    joint, model = contract.joints[gripper], world.model
    fingers = [model.geom(ROBOT + name).id for name in contract.model.finger_geoms]
    world.reset(0)
    spread = {}
    for position in (joint.closed, joint.open):
        command = world.command
        command[gripper] = position
        world.step(command, to_ns(0.2))
        world.step(command, to_ns(1.0))
        reached = world.joint_sample().position[gripper]
        assert abs(reached - position) < 0.1 * (joint.upper - joint.lower)
        site = world.data.site(ROBOT + contract.model.tool_site)
        closing = 'xyz'.index(contract.model.closing)
        along = world.data.geom_xpos[fingers] @ site.xmat.reshape(3, 3)[:, closing]
        spread[position] = np.ptp(along)
    # Both fingers move, as far as the contract says.
    moved = spread[joint.open] - spread[joint.closed]
    assert moved == pytest.approx(joint.opening_m, rel=0.1)


def test_joints_that_others_move_follow_them(world, contract):
    gripper = contract.grippers[0]
    world.reset(0)
    for position in (contract.joints[gripper].closed, contract.joints[gripper].open):
        command = world.command
        command[gripper] = position
        world.step(command, to_ns(0.5))
        for mimic in contract.model.mimics:
            leads, follows = (
                world.data.joint(ROBOT + name).qpos[0] for name in (mimic.follows, mimic.joint)
            )
            assert follows == pytest.approx(mimic.multiplier * leads + mimic.offset, abs=2e-3)


def test_the_expert_lifts_the_cube_in_at_least_95_percent_of_episodes(world, contract):
    expert = ScriptedExpert(contract, ArmKinematics(world.model, contract))
    lifted = 0
    for seed in range(20):
        world.reset(seed)
        for _ in range(60):
            state, cube = world.joint_sample().position, world.cube_pose()
            world.step(expert.plan(state, cube, horizon=1)[0], PERIOD_NS)
            if world.success:
                lifted += 1
                break
    assert lifted >= 19


def test_a_name_that_the_model_lacks_lists_those_it_has(world, contract):
    for what, change in {
        'base_body nose': {'base_body': 'nose'},
        'finger_geoms nail': {'finger_geoms': ('nail',)},
        'tool_site hook': {'tool_site': 'hook'},
        'gripper_actuator fingers_actuatr': {'gripper_actuator': 'fingers_actuatr'},
    }.items():
        wrong = replace(contract, model=replace(contract.model, **change))
        with pytest.raises(SimError, match=f'no {what} in .*it has: '):
            World(wrong, world.config)


def test_a_gripper_that_does_not_fit_around_the_cube_is_refused(world, contract):
    joints = list(contract.joints)
    joints[contract.grippers[0]] = replace(joints[contract.grippers[0]], opening_m=0.03)
    small = replace(contract, joints=tuple(joints))
    with pytest.raises(PolicyError, match='opening_m: found 0.03; allowed: more than 0.0446'):
        ScriptedExpert(small, ArmKinematics(world.model, contract))


def test_distractors_lie_around_the_area_of_the_cube(contract, world):
    cluttered = World(contract, world.config, load_randomization('tutorial'))
    cube = world.config.cube
    centre = np.array([sum(cube.x_m) / 2, sum(cube.y_m) / 2])
    for seed in range(5):
        cluttered.reset(seed)
        for k in range(3):
            place = cluttered.model.geom(f'distractor_{k}').pos[:2]
            assert 0.16 - 1e-9 <= np.linalg.norm(place - centre) <= 0.40 + 1e-9
