import numpy as np
import pytest
from vla_contract.deployment.deployment import load_deployment
from vla_contract.errors import PolicyError
from vla_contract.share import find_config
from vla_contract.values import to_ns
from vla_sim_bridge.demonstrations.expert import ScriptedExpert
from vla_sim_bridge.demonstrations.make_expert import make_scripted_expert
from vla_sim_bridge.physics.kinematics import ArmKinematics
from vla_sim_bridge.scene.world import World
import yaml

PERIOD_NS = to_ns(0.1)


@pytest.fixture(scope='module')
def expert(world, cell) -> ScriptedExpert:
    return ScriptedExpert(world.deployment, ArmKinematics(world.model, cell))


def lift(world, expert, seed: int, before=lambda: None) -> bool:
    world.reset(seed)
    before()
    for _ in range(60):
        command = expert.plan(world.joint_sample().position, world.extras(), horizon=1)[0]
        world.step(command, PERIOD_NS)
        if world.success:
            return True
    return False


def test_the_expert_lifts_the_cube_in_at_least_95_of_100_episodes(world, expert):
    assert sum(lift(world, expert, seed) for seed in range(100)) >= 95


def test_the_expert_recovers_from_closed_fingers(world, expert, cell):
    def close() -> None:
        command = world.command
        command[7] = cell.joints[7].upper
        world.step(command, to_ns(1.0))

    assert all(lift(world, expert, seed, close) for seed in range(5))


def test_a_chunk_stays_inside_the_joint_limits(world, expert, cell):
    lower = np.array([joint.lower for joint in cell.joints])
    upper = np.array([joint.upper for joint in cell.joints])
    world.reset(2)
    chunk = expert.infer(world.observe())
    assert chunk.stamp_ns == world.time_ns
    assert chunk.positions.shape == (8, 8)
    assert (chunk.positions >= lower).all()
    assert (chunk.positions <= upper).all()


def test_a_robot_without_a_gripper_is_refused():
    handless = load_deployment(overrides={'robot.groups.gripper.kind': 'arm'})
    with pytest.raises(PolicyError, match='needs a gripper'):
        make_scripted_expert(handless, 'cpu')


@pytest.mark.parametrize('edge_m', [0.025, 0.06])
def test_cubes_of_other_sizes_are_lifted(edge_m):
    deployment = load_deployment(overrides={'task.simulation.objects.cube.size_m': [edge_m] * 3})
    world = World(deployment)
    expert = ScriptedExpert(deployment, ArmKinematics(world.model, world.cell))
    assert all(lift(world, expert, seed) for seed in range(3))


def test_steps_are_shorter_where_there_are_more_of_them(world, cell):
    fast = load_deployment(overrides={'policy.rate_hz': 30.0})
    kinematics = ArmKinematics(world.model, cell)
    world.reset(4)
    state, extras = world.joint_sample().position, world.extras()
    moved = [
        kinematics.tool_pose(expert.plan(state, extras, 1)[0][:7])[0]
        - kinematics.tool_pose(state[:7])[0]
        for expert in (ScriptedExpert(d, kinematics) for d in (world.deployment, fast))
    ]
    assert np.linalg.norm(moved[1]) == pytest.approx(np.linalg.norm(moved[0]) / 3, rel=0.2)
    chunk = ScriptedExpert(fast, kinematics).infer(world.observe())
    assert len(chunk.positions) * chunk.period_ns == pytest.approx(to_ns(0.8), rel=0.01)


def test_of_two_arms_the_one_with_the_main_tool_lifts_and_the_other_stays_at_home(tmp_path):
    cell = yaml.safe_load(find_config('cells', 'vx300s_table').read_text(encoding='utf-8'))
    cell['robots'] = [
        {'robot': 'vx300s', 'prefix': 'left_'},
        {'robot': 'vx300s', 'prefix': 'right_', 'position_m': [0.938, 0.0, 0.0],
         'rpy_deg': [0.0, 0.0, 180.0]},
    ]  # fmt: skip
    cell['workspace']['boxes'] = []
    (tmp_path / 'pair.yaml').write_text(yaml.safe_dump(cell), encoding='utf-8')
    pair = load_deployment('vx300s_lift_cube', cell=str(tmp_path / 'pair.yaml'))
    world = World(pair)
    expert = ScriptedExpert(pair, ArmKinematics(world.model, world.cell))
    assert all(lift(world, expert, seed) for seed in range(2))
    right = [i for i, name in enumerate(world.cell.joint_names) if name.startswith('right_')]
    assert world.command[right] == pytest.approx(world.cell.home[right])
