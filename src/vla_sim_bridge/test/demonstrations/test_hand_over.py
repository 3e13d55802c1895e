"""Two arms and one object: the expert brings it, takes it, and begins again when it is lost."""

import numpy as np
import pytest
from vla_contract.deployment.deployment import load_deployment
from vla_contract.errors import VlaError
from vla_contract.values import to_ns
from vla_sim_bridge.demonstrations.expert import ScriptedExpert
from vla_sim_bridge.demonstrations.make_expert import make_expert
from vla_sim_bridge.physics.kinematics import ArmKinematics
from vla_sim_bridge.scene.world import World
from vla_sim_bridge.tasks.contact import HeldBy, Touched

PERIOD_NS = to_ns(0.1)
EXPERT = 'task.simulation.expert'


def loaded(**changes) -> World:
    return World(load_deployment('aloha_hand_over', overrides=changes))


def expert_of(world: World) -> ScriptedExpert:
    return make_expert(world.deployment, ArmKinematics(world.model, world.cell))


@pytest.fixture(scope='module')
def world() -> World:
    return loaded()


@pytest.fixture(scope='module')
def expert(world) -> ScriptedExpert:
    return expert_of(world)


def play(world: World, expert: ScriptedExpert, until, steps: int = 120) -> bool:
    """Play the expert until something is so; return whether it came to be."""
    for _ in range(steps):
        if until():
            return True
        command = expert.plan(world.joint_sample().position, world.extras(), horizon=1)[0]
        world.step(command, PERIOD_NS)
    return bool(until())


def touching(world: World, tool: str) -> bool:
    geoms = {*world.task.fingers[tool]}
    bar = {*world.task.objects['bar'].geoms}
    return any({int(g) for g in c.geom} & geoms and {int(g) for g in c.geom} & bar
               for c in world.data.contact)  # fmt: skip


def bar(world: World) -> np.ndarray:
    return world.extras()['bar_pose'][:3]


def test_the_bar_changes_hands_where_the_task_says(world, expert):
    for seed in range(3):
        world.reset(seed)
        assert play(world, expert, lambda: touching(world, 'left_gripper'))
        assert play(world, expert, lambda: touching(world, 'right_gripper'))
        assert touching(world, 'left_gripper')
        assert bar(world) == pytest.approx([0.0, 0.0, 0.20], abs=0.03)
        assert play(world, expert, lambda: not touching(world, 'left_gripper'))
        assert not world.success
        assert play(world, expert, lambda: world.success)
        assert not world.failure


def test_the_giver_rises_when_it_is_open_not_before(world, expert):
    world.reset(0)
    assert play(world, expert, lambda: touching(world, 'right_gripper'))
    left, heights = expert._handing_over[expert._skills[0]]._giver, []

    def is_open() -> bool:
        state = world.joint_sample().position
        heights.append(left._kinematics.tool_pose(state[left.arm])[0][2])
        return not touching(world, 'left_gripper')

    assert play(world, expert, is_open)
    assert np.ptp(heights) < 0.015


def test_the_giver_goes_home_and_the_taker_keeps_the_bar(world, expert):
    world.reset(4)
    assert play(world, expert, lambda: world.success)
    play(world, expert, lambda: False, steps=30)
    assert world.success
    assert bar(world)[2] > 0.15
    left = expert._handing_over[expert._skills[0]]._giver
    tool, _ = left._kinematics.tool_pose(world.joint_sample().position[left.arm])
    assert tool == pytest.approx(left._home_m, abs=0.02)


def test_a_bar_that_is_knocked_out_of_the_hand_is_fetched_again(world, expert):
    world.reset(2)
    assert play(world, expert, lambda: bar(world)[2] > 0.15)
    address = int(world.model.joint('bar').qposadr[0])
    world.data.qpos[address : address + 7] = [-0.13, 0.05, 0.0175, 1.0, 0.0, 0.0, 0.0]
    world.step(world.command, to_ns(0.01))
    assert play(world, expert, lambda: world.success, steps=200)


def test_it_goes_on_from_wherever_it_is_asked(world, expert):
    """An expert that is made in the middle of an episode plans what the first one does."""
    world.reset(1)
    play(world, expert, lambda: touching(world, 'right_gripper'))
    state, extras = world.joint_sample().position, world.extras()
    assert np.array_equal(expert.plan(state, extras, 8), expert_of(world).plan(state, extras, 8))


def test_a_chunk_stays_inside_the_joint_limits(world, expert):
    lower = np.array([joint.lower for joint in world.cell.joints])
    upper = np.array([joint.upper for joint in world.cell.joints])
    world.reset(0)
    for _ in range(40):
        chunk = expert.plan(world.joint_sample().position, world.extras(), 8)
        assert (chunk >= lower - 1e-9).all()
        assert (chunk <= upper + 1e-9).all()
        world.step(chunk[0], PERIOD_NS)


SKILL = {
    'object': 'bar', 'giver': 'left_gripper', 'taker': 'right_gripper',
    'meet_m': [0.0, 0.0, 0.2], 'giver_centre_m': [-0.05, 0.0, 0.0],
    'taker_centre_m': [0.1, 0.0, 0.0],
}  # fmt: skip


@pytest.mark.parametrize(
    ('skills', 'message'),
    [
        ([{'hand_over': SKILL | {'taker': 'rigth_gripper'}}], 'did you mean right_gripper'),
        ([{'hand_over': SKILL | {'object': 'bra'}}], 'did you mean bar'),
        ([{'hand_over': {k: v for k, v in SKILL.items() if k != 'meet_m'}}], r'meet_m: found not'),
        (
            [{'hand_over': SKILL | {'taker': 'left_gripper'}}],
            'giver and taker: found left_gripper',
        ),
        (
            [{'hand_over': SKILL}, {'lift': {'object': 'bar', 'by_m': 0.1}}],
            'allowed: hand_over as the last one',
        ),
    ],
)
def test_a_hand_over_that_cannot_be_read_is_one_sentence(skills, message):
    world = loaded(**{EXPERT: skills})
    with pytest.raises(VlaError, match=message):
        expert_of(world)


@pytest.mark.parametrize(
    'goal', [{'held': {'object': 'bar', 'by': 'rihgt_gripper'}},
             {'touched': {'object': 'bar', 'by': 'rihgt_gripper'}}]
)  # fmt: skip
def test_a_goal_that_names_no_tool_is_refused(goal):
    with pytest.raises(VlaError, match="'rihgt_gripper'.*did you mean right_gripper"):
        loaded(**{'task.simulation.goal': goal})


def test_held_means_by_these_fingers_and_nothing_else(world):
    """Of a bar in the air, on the table, and in no hand at all."""
    expert = expert_of(world)
    world.reset(0)
    right, left = (HeldBy('bar', f'{side}_gripper') for side in ('right', 'left'))
    by_left, by_any = Touched('bar', 'left_gripper'), Touched('bar')
    for condition in (right, left, by_left, by_any):
        condition.begin(world.task, world.data)

    def found() -> list[bool]:
        qpos, data = world.data.qpos, world.data
        return [condition.holds(qpos, data) for condition in (right, left, by_left, by_any)]

    world.step(world.command, PERIOD_NS)
    assert found() == [False, False, False, False]
    play(world, expert, lambda: touching(world, 'left_gripper'))
    assert bar(world)[2] < 0.03
    assert found()[1:] == [False, True, True]
    play(world, expert, lambda: bar(world)[2] > 0.1)
    assert found() == [False, True, True, True]
    play(world, expert, lambda: touching(world, 'right_gripper'))
    assert found() == [False, False, True, True]
    play(world, expert, lambda: world.success)
    assert found() == [True, False, False, True]
