import numpy as np
import pytest
from vla_contract.deployment.deployment import load_deployment
from vla_contract.errors import PolicyError
from vla_contract.values import to_ns
from vla_sim_bridge.demonstrations.expert import make_scripted_expert, ScriptedExpert
from vla_sim_bridge.physics.kinematics import ArmKinematics

PERIOD_NS = to_ns(0.1)


@pytest.fixture(scope='module')
def expert(world, cell) -> ScriptedExpert:
    return ScriptedExpert(world.deployment, ArmKinematics(world.model, cell))


def lift(world, expert, seed: int, before=lambda: None) -> bool:
    world.reset(seed)
    before()
    for _ in range(60):
        command = expert.plan(world.joint_sample().position, world.cube_pose(), horizon=1)[0]
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
