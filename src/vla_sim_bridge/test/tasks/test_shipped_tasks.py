"""The shipped tasks: their experts do them, and their goals and failures mean what they say."""

import mujoco
import numpy as np
import pytest
from vla_contract.deployment.deployment import load_deployment
from vla_contract.values import to_ns
from vla_sim_bridge.demonstrations.make_expert import make_expert
from vla_sim_bridge.physics.kinematics import ArmKinematics
from vla_sim_bridge.randomization.randomization import load_randomization
from vla_sim_bridge.scene.world import World

PERIOD_NS = to_ns(0.1)
TASKS = ('panda_put_in_box', 'panda_stack_cubes', 'panda_store_in_drawer', 'aloha_hand_over')


@pytest.fixture(scope='module', params=TASKS)
def world(request) -> World:
    return World(load_deployment(request.param))


@pytest.fixture
def box() -> World:
    return World(load_deployment('panda_put_in_box'))


def put(world: World, name: str, place) -> None:
    """Hold an object at a place for half a second, by hand, with the arm out of the way."""
    address = int(world.model.joint(name).qposadr[0])
    for _ in range(250):
        world.data.qpos[address : address + 3] = place
        world.data.qvel[:] = 0.0
        world.step(world.command, to_ns(0.002))


def test_the_expert_does_at_least_two_of_three_episodes(world):
    expert = make_expert(world.deployment, ArmKinematics(world.model, world.cell))
    done = 0
    for seed in range(3):
        world.reset(seed)
        for _ in range(round(world.deployment.task.time_limit_s * 10)):
            command = expert.plan(world.joint_sample().position, world.extras(), 1)[0]
            world.step(command, PERIOD_NS)
            if world.success or world.failure:
                break
        assert not world.failure
        done += world.success
    assert done >= 2


def test_nothing_is_done_by_waiting(world):
    world.reset(5)
    before = world.extras()
    world.step(world.command, to_ns(1.0))
    assert not world.success
    assert not world.failure
    for name, pose in world.extras().items():
        assert pose == pytest.approx(before[name], abs=2e-3), name


def test_objects_do_not_begin_inside_each_other(world):
    for seed in range(20):
        world.reset(seed)
        mujoco.mj_forward(world.model, world.data)
        deepest = min((contact.dist for contact in world.data.contact), default=0.0)
        assert deepest > -2e-3


def test_a_replay_is_the_same_scene(world):
    manifest = world.reset(11)
    qpos, extras = world.data.qpos.copy(), world.extras()
    world.reset(4)
    assert world.reset(0, replay=manifest) == manifest
    assert np.array_equal(world.data.qpos, qpos)
    for name, pose in world.extras().items():
        assert np.array_equal(pose, extras[name])


def test_only_the_meant_object_in_the_box_is_a_success(box):
    manifest = box.reset(0)
    meant = manifest['values']['target']['value']
    inside = box.extras()['box_pose'][:3] + [0.0, 0.0, 0.02]
    put(box, meant, inside)
    assert (box.success, box.failure) == (True, '')
    box.reset(0)
    put(box, next(name for name in ('cube', 'can', 'mug') if name != meant), inside)
    assert (box.success, box.failure) == (False, 'wrong_object')
    box.reset(0)
    put(box, meant, inside + [0.0, 0.0, 0.2])
    assert not box.success


def test_an_object_below_the_table_is_dropped(box):
    meant = box.reset(0)['values']['target']['value']
    put(box, meant, [1.5, 0.0, -0.3])
    assert box.failure == 'dropped'


def test_a_fixed_object_stands_where_the_episode_has_it_also_in_images(box):
    box.reset(1)
    first = box.appearance.fields['body_pos'][box.model.body('box').id].copy()
    box.reset(5)
    second = box.appearance.fields['body_pos'][box.model.body('box').id]
    assert not np.array_equal(first[:2], second[:2])
    assert box.data.body('box').xpos == pytest.approx(second)


@pytest.mark.parametrize('task', TASKS)
def test_they_can_be_randomised(task):
    world = World(load_deployment(task), load_randomization('tutorial'))
    manifests = [world.reset(seed) for seed in range(3)]
    world.step(world.command, to_ns(0.5))
    assert np.isfinite(world.data.qpos).all()
    assert len({str(m['randomization']['values']) for m in manifests}) == 3


def test_where_objects_begin_does_not_depend_on_what_came_before():
    world = World(load_deployment('panda_put_in_box'), load_randomization('tutorial'))
    first, qpos = world.reset(7), world.data.qpos.copy()
    for seed in range(3):
        world.reset(seed)
    assert world.reset(7) == first
    assert np.array_equal(world.data.qpos, qpos)


@pytest.mark.parametrize(('said', 'found'), [(None, 0.3), (0.7, 0.7)])
def test_an_mjcf_keeps_its_friction_unless_the_task_says_another(tmp_path, said, found):
    file = tmp_path / 'slippery.xml'
    file.write_text(
        '<mujoco><worldbody><body name="b">'
        '<geom type="sphere" size="0.02" friction="0.3 0.1 0.1"/>'
        '</body></worldbody></mujoco>'
    )
    changes = {'task.simulation.objects.mug.file': str(file)}
    changes |= {'task.simulation.objects.mug.friction': said}
    world = World(load_deployment('panda_put_in_box', overrides=changes))
    (geom,) = world.task.objects['mug'].geoms
    assert world.model.geom_friction[geom, 0] == found
