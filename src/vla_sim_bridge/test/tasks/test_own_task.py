"""Tasks from outside: one YAML beside its mesh, and one with classes of its own."""

import json

import numpy as np
from own_folder import write_own_task
import pytest
from vla_contract.deployment.deployment import load_deployment
from vla_contract.errors import ResourceNotFoundError, SettingError, VlaError
from vla_contract.values import to_ns
from vla_sim_bridge.cameras.renderer import CameraRenderer
from vla_sim_bridge.demonstrations.make_dataset import main as record
from vla_sim_bridge.demonstrations.make_expert import make_expert
from vla_sim_bridge.gazebo.export_gazebo import main as export
from vla_sim_bridge.physics.kinematics import ArmKinematics
from vla_sim_bridge.randomization.randomization import load_randomization
from vla_sim_bridge.scene.world import World

PERIOD_NS = to_ns(0.1)


def loaded(path, randomization='none') -> World:
    deployment = load_deployment(policy='scripted', cell='panda_table', task=str(path))
    return World(deployment, load_randomization(randomization))


def done(world: World, seed: int) -> bool:
    expert = make_expert(world.deployment, ArmKinematics(world.model, world.cell))
    world.reset(seed)
    for _ in range(150):
        command = expert.plan(world.joint_sample().position, world.extras(), 1)[0]
        world.step(command, PERIOD_NS)
        if world.success or world.failure:
            break
    return world.success


def test_the_expert_puts_a_mesh_on_a_plate(tmp_path):
    world = loaded(write_own_task(tmp_path))
    assert all(done(world, seed) for seed in range(3))


def test_a_mesh_grows_and_shrinks_where_it_is_touched_and_where_it_is_seen(tmp_path):
    world = loaded(write_own_task(tmp_path), 'tutorial')
    mesh = int(world.model.geom_dataid[world.model.geom('wedge').id])
    start, count = int(world.model.mesh_vertadr[mesh]), int(world.model.mesh_vertnum[mesh])
    rows = slice(start, start + count)
    renderer = CameraRenderer(world)
    sizes, seen = [], []
    for seed in range(4):
        manifest = world.reset(seed)
        sizes.append(manifest['randomization']['values']['object_size']['value'])
        seen.append(np.ptp(world.model.mesh_vert[rows, 0]))
        renderer.dress(world.appearance)
        assert np.array_equal(renderer._model.mesh_vert, world.model.mesh_vert)
        # It stands on the table at any size.
        world.step(world.command, to_ns(0.5))
        assert abs(world.height_m) < 2e-3
    renderer.close()
    assert np.ptp(sizes) > 0.05
    assert np.array(seen) / sizes == pytest.approx(seen[0] / sizes[0], rel=1e-5)


def test_terms_of_objects_are_refused_where_all_are_fixed(tmp_path):
    path = write_own_task(tmp_path, goal='{touched: {object: plate}}')
    path.write_text(path.read_text().replace('      mass_kg: 0.05\n', '      fixed: true\n'))
    world = loaded(path)
    world.reset(0)
    with pytest.raises(VlaError, match='has no effect here: every object of the task is fixed'):
        loaded(path, 'tutorial')


def test_its_goal_and_its_expert_may_be_classes_beside_it(tmp_path):
    goal = '{"own_classes:FarFromBase": {object: wedge, metres: 0.7}}'
    path = write_own_task(tmp_path, goal=goal, expert='own_classes:Slow')
    world = loaded(path)
    assert not done(world, 0)
    address = int(world.model.joint('wedge').qposadr[0])
    world.data.qpos[address] = 0.8
    world.step(world.command, PERIOD_NS)
    assert world.success


@pytest.mark.parametrize(
    ('replaced', 'error', 'message'),
    [
        ({'goal': '{lifte: {object: wedge}}'}, SettingError, 'lifte: .*did you mean lifted'),
        ({'goal': '{lifted: {object: wedge}}'}, SettingError, 'lifted.by_m: found nothing'),
        (
            {'goal': '{lifted: {object: wegde, by_m: 0.1}}'},
            VlaError,
            "'wegde' is not in this task",
        ),
        ({'goal': '{any: []}'}, SettingError, 'any: found .*; allowed: a list of conditions'),
        ({'goal': '{lifted: {object: wedge, by_m: 0.1}, for_s: -1}'}, SettingError, 'for_s'),
        ({'goal': '{inside: {object: wedge, container: plate}}'}, VlaError, 'inside needs one'),
        ({'goal': '{opened: {joint: plate/slide, by: 0.1}}'}, VlaError, 'plate/slide'),
        ({'goal': '{"own_classes:Near": {}}'}, VlaError, 'has no Near'),
        ({'goal': '{"own_classes:FarFromBase": {}}'}, SettingError, 'settings it does not take'),
        ({'goal': '{"nowhere:Far": {}}'}, VlaError, 'cannot be imported'),
    ],
)
def test_a_goal_that_cannot_be_read_is_refused(tmp_path, replaced, error, message):
    path = write_own_task(tmp_path, **replaced)
    with pytest.raises(error, match=message):
        loaded(path)


def test_a_missing_mesh_is_named(tmp_path):
    path = write_own_task(tmp_path)
    (tmp_path / 'wedge.obj').unlink()
    with pytest.raises(ResourceNotFoundError, match=r'wedge\.obj'):
        loaded(path)


@pytest.mark.parametrize(
    ('expert', 'message'),
    [
        ('[{plce: {object: wedge}}]', 'plce: .*did you mean place'),
        ('[{place: {object: wedge, onto: plat}}]', 'did you mean plate'),
        ('[{place: {object: plate, onto: wedge}}]', 'opening_m: found 0.085'),
        ('[]', "expert: found 'nothing'; allowed: a list of skills"),
    ],
)
def test_an_expert_that_cannot_be_read_is_refused(tmp_path, expert, message):
    world = loaded(write_own_task(tmp_path, expert=expert))
    with pytest.raises(VlaError, match=message):
        make_expert(world.deployment, ArmKinematics(world.model, world.cell))


def test_its_manifest_is_refused_once_its_goal_is_another(tmp_path):
    manifest = loaded(write_own_task(tmp_path)).reset(3)
    assert loaded(write_own_task(tmp_path)).reset(0, replay=manifest) == manifest
    goal = '{lifted: {object: wedge, by_m: 0.1}}'
    with pytest.raises(VlaError, match='manifest: task_sha256'):
        loaded(write_own_task(tmp_path, goal=goal)).reset(0, replay=manifest)


def test_it_is_exported_to_gazebo_with_the_poses_that_the_expert_reads(tmp_path):
    path = write_own_task(tmp_path)
    scene = ['--cell', 'panda_table', '--policy', 'scripted', '--task', str(path)]
    assert export([*scene, '--output', str(tmp_path / 'gazebo')]) == 0
    sdf, bridge = (
        (tmp_path / 'gazebo' / name).read_text() for name in ('world.sdf', 'bridge.yaml')
    )
    assert '<model name="wedge">' in sdf
    assert '<model name="plate">' in sdf
    for topic in ('sim/target_pose', 'sim/wedge_pose', 'sim/plate_pose'):
        assert topic in bridge


def test_demonstrations_of_it_are_recorded(tmp_path):
    path = write_own_task(tmp_path)
    scene = ['--cell', 'panda_table', '--policy', 'scripted', '--task', str(path)]
    root = tmp_path / 'data'
    assert record([*scene, '--episodes', '1', '--output', str(root)]) == 0
    manifests = (root / 'meta' / 'vla_manifests.jsonl').read_text().splitlines()
    assert json.loads(manifests[0])['task'] == 'own_task'
