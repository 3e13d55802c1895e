"""Every robot in config/robots, each in its deployment: what no test knows by a joint's name."""

import numpy as np
import pytest
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.deployment import load_deployment
from vla_contract.description.locating import model_path
from vla_contract.description.reading import finger_geoms, read_robot
from vla_contract.errors import PolicyError, ResourceNotFoundError, SimError
from vla_contract.share import find_config
from vla_contract.values import to_ns
from vla_sim_bridge.demonstrations.expert import ScriptedExpert
from vla_sim_bridge.physics.kinematics import ArmKinematics
from vla_sim_bridge.randomization.randomization import load_randomization
from vla_sim_bridge.scene.robot_spec import ROBOT
from vla_sim_bridge.scene.world import World

DEPLOYMENTS = {
    'fr3': 'fr3_lift_cube',
    'iiwa7_2f85': 'iiwa7_2f85_lift_cube',
    'kinova_gen3_2f85': 'kinova_gen3_2f85_lift_cube',
    'openarm': 'openarm_lift_cube',
    'panda_2f85': 'panda_lift_cube',
    'so101': 'so101_lift_cube',
    'ur5e_2f85': 'ur5e_2f85_lift_cube',
    'vx300s': 'vx300s_lift_cube',
    'xarm7': 'xarm7_lift_cube',
}
PERIOD_NS = to_ns(0.1)


@pytest.fixture(scope='module', params=DEPLOYMENTS)
def world(request) -> World:
    deployment = load_deployment(DEPLOYMENTS[request.param])
    model = deployment.cell.robot.model
    for file in (file for file in (model, *model.parts) if file.format):
        try:
            model_path(file)
        except ResourceNotFoundError as error:
            pytest.skip(f'see docs/robots.md: {error}')
    world = World(deployment)
    assert world.cell.robot.name == request.param
    return world


@pytest.fixture
def cell(world) -> Cell:
    return world.cell


def test_every_robot_is_tested():
    folder = find_config('robots', 'panda_2f85').parent
    assert {path.stem for path in folder.glob('*.yaml')} == set(DEPLOYMENTS)


def test_at_home_the_open_gripper_looks_down(world, cell):
    gripper = cell.grippers[0]
    assert cell.home[gripper] == cell.joints[gripper].open
    kinematics = ArmKinematics(world.model, cell)
    _, rotation = kinematics.tool_pose(kinematics.home)
    assert rotation[2, 2] < -0.99
    assert np.linalg.det(rotation) == pytest.approx(1.0)


def test_an_arm_that_is_told_nothing_stays(world, cell):
    world.reset(0)
    arm = list(cell.arm)
    before = world.joint_sample().position[arm]
    world.step(world.command, to_ns(1.0))
    after = world.joint_sample()
    assert after.position[arm] == pytest.approx(before, abs=2e-3)
    assert np.abs(after.velocity[arm]).max() < 1e-2


def test_each_joint_goes_where_it_is_told_and_no_other_does(world, cell):
    for i in cell.arm:
        world.reset(0)
        target = world.command
        target[i] += 0.1
        world.step(target, to_ns(0.5))
        world.step(target, to_ns(1.0))
        assert world.joint_sample().position == pytest.approx(target, abs=5e-3)


def test_fingers_close_and_open_along_the_closing_axis(world, cell):
    gripper = cell.grippers[0]
    joint, model = cell.joints[gripper], world.model
    names = finger_geoms(read_robot(cell.robot), cell.robot.tool)
    fingers = [model.geom(ROBOT + name).id for name in names]
    world.reset(0)
    spread = {}
    for position in (joint.closed, joint.open):
        command = world.command
        command[gripper] = position
        world.step(command, to_ns(0.2))
        world.step(command, to_ns(1.0))
        reached = world.joint_sample().position[gripper]
        assert abs(reached - position) < 0.1 * (joint.upper - joint.lower)
        site = world.data.site(ROBOT + cell.robot.tool.point)
        closing = 'xyz'.index(cell.robot.tool.closing[-1])
        along = world.data.geom_xpos[fingers] @ site.xmat.reshape(3, 3)[:, closing]
        spread[position] = np.ptp(along)
    # Both fingers move, as far as the robot says.
    moved = spread[joint.open] - spread[joint.closed]
    assert moved == pytest.approx(joint.opening_m, rel=0.1)


def test_joints_that_others_move_follow_them(world, cell):
    gripper = cell.grippers[0]
    world.reset(0)
    for position in (cell.joints[gripper].closed, cell.joints[gripper].open):
        command = world.command
        command[gripper] = position
        world.step(command, to_ns(0.5))
        for mimic in cell.robot.model.mimics:
            leads, follows = (
                world.data.joint(ROBOT + name).qpos[0] for name in (mimic.follows, mimic.joint)
            )
            assert follows == pytest.approx(mimic.multiplier * leads + mimic.offset, abs=2e-3)


def test_the_expert_lifts_the_cube_in_at_least_95_percent_of_episodes(world, cell):
    expert = ScriptedExpert(world.deployment, ArmKinematics(world.model, cell))
    lifted = 0
    for seed in range(20):
        world.reset(seed)
        for _ in range(60):
            state = world.joint_sample().position
            world.step(expert.plan(state, world.extras(), horizon=1)[0], PERIOD_NS)
            if world.success:
                lifted += 1
                break
    assert lifted >= 19


def test_a_name_that_the_model_lacks_lists_those_it_has(world, cell):
    tool = f'robot.tools.{cell.robot.tool.name}'
    # A robot that stands elsewhere than at the origin is a part, whose reader has its own words.
    base = {'base_body nose': {'robot.model.base_body': 'nose'}} if cell.robot.model.format else {}
    for what, change in {
        **base,
        'finger_geoms nail': {f'{tool}.finger_geoms': ['nail']},
        'site hook': {f'{tool}.site': 'hook', f'{tool}.body': ''},
        'actuator fingers_actuatr': {f'{tool}.actuator': 'fingers_actuatr'},
    }.items():
        wrong = load_deployment(world.deployment.name, overrides=change)
        with pytest.raises(SimError, match=f'no {what} in .*it has: '):
            World(wrong)


def test_a_gripper_that_does_not_fit_around_the_cube_is_refused(world, cell):
    gripper = cell.joint_names[cell.grippers[0]]
    small = load_deployment(
        world.deployment.name, overrides={f'robot.joints.{gripper}.opening_m': 0.03}
    )
    with pytest.raises(PolicyError, match='opening_m: found 0.03; allowed: more than 0.0446'):
        ScriptedExpert(small, ArmKinematics(world.model, cell))


def test_distractors_lie_around_the_area_of_the_cube(world):
    cluttered = World(world.deployment, load_randomization('tutorial'))
    area = world.config.areas['cube']
    centre = np.array([sum(area.x_m) / 2, sum(area.y_m) / 2])
    for seed in range(5):
        cluttered.reset(seed)
        for k in range(3):
            place = cluttered.model.geom(f'distractor_{k}').pos[:2]
            assert 0.16 - 1e-9 <= np.linalg.norm(place - centre) <= 0.40 + 1e-9
