import copy
import json

import numpy as np
import pytest
from vla_contract.deployment.deployment import load_deployment
from vla_contract.errors import SimError
from vla_sim_bridge.cameras.renderer import CameraRenderer
from vla_sim_bridge.demonstrations.demonstrator import Demonstrator, wider_area
from vla_sim_bridge.randomization.randomization import load_randomization
from vla_sim_bridge.scene.simulated_task import simulated_task
from vla_sim_bridge.scene.world import World

DEPLOYMENT = load_deployment('panda_lift_cube')


@pytest.fixture(scope='module')
def world() -> World:
    return World(DEPLOYMENT, load_randomization('tutorial'))


@pytest.fixture
def manifest(world) -> dict:
    return json.loads(json.dumps(world.reset(6)))


def test_a_manifest_names_its_world(manifest):
    assert manifest['robot'] == DEPLOYMENT.cell.robot.name
    assert manifest['cell'] == DEPLOYMENT.cell.name
    assert manifest['task'] == 'lift_cube'
    assert manifest['mujoco']


@pytest.mark.parametrize(
    ('name', 'other'),
    [
        ('robot', 'vx300s'),
        ('cell', 'another_table'),
        ('cell_sha256', '0' * 64),
        ('task', 'lift_named_cube'),
        ('task_sha256', '0' * 64),
        ('mujoco', '1.0'),
        ('mujoco', None),
    ],
)
def test_the_manifest_of_another_world_is_refused(world, manifest, name, other):
    manifest[name] = other
    before = world.data.qpos.copy()
    with pytest.raises(SimError, match=rf'manifest: {name}: found .*; this world has '):
        world.reset(0, manifest)
    assert np.array_equal(world.data.qpos, before)


def test_a_heavier_cube_is_another_world(manifest):
    heavy = load_deployment(
        'panda_lift_cube', overrides={'task.simulation.objects.cube.mass_kg': 0.5}
    )
    with pytest.raises(SimError, match='task_sha256'):
        World(heavy, load_randomization('tutorial')).reset(0, manifest)


def test_an_episode_from_a_wider_area_is_of_the_same_world(world):
    wider = load_deployment(
        'panda_lift_cube', overrides=wider_area(simulated_task(DEPLOYMENT.task), 0.02)
    )
    manifest = World(wider, load_randomization('tutorial')).reset(3)
    world.reset(0, manifest)
    for axis, place in zip('xy', world.target_pose(), strict=False):
        assert place == manifest['values'][f'cube_{axis}']['value']


def breakages(manifest: dict):
    """Yield ways in which a file may be damaged."""
    for path, value in (
        (('seed',), None),
        (('seed',), 1.5),
        (('values',), None),
        (('values', 'cube_x'), None),
        (('values', 'cube_x', 'value'), 'left'),
        (('values', 'cube_x', 'value'), float('nan')),
        (('randomization',), {}),
        (('randomization', 'values', 'gravity', 'value'), [1.0, 2.0]),
        (('randomization', 'values', 'gravity', 'value'), -3.0),
        (('randomization', 'values', 'gravity', 'value'), 'strong'),
        (('lead_in',), {}),
        (('lead_in',), {'period_ns': 1, 'positions': [[0.0]]}),
        (('lead_in',), {'period_ns': -1, 'positions': [[0.0] * 8]}),
        (('lead_in',), {'period_ns': 1, 'positions': [[float('inf')] * 8]}),
    ):
        broken = copy.deepcopy(manifest)
        place = broken
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value
        yield '.'.join(path), broken


def test_a_damaged_manifest_is_one_sentence_and_moves_nothing(world, manifest):
    world.reset(2)
    state, mass = world.data.qpos.copy(), world.model.body_mass.copy()
    for name, broken in breakages(manifest):
        with pytest.raises(SimError):
            world.reset(0, broken)
        assert np.array_equal(world.data.qpos, state), name
        assert np.array_equal(world.model.body_mass, mass), name


@pytest.mark.parametrize('name', ['light_count', 'table_texture', 'distractor_count'])
def test_what_a_world_was_not_compiled_with_is_refused(world, manifest, name):
    entries = manifest['randomization']['values']
    manifest['randomization']['values'] = {name: entries[name] | {'value': 3}}
    nominal = World(DEPLOYMENT)
    with pytest.raises(SimError, match=rf'term {name}: found \[3\.0\]; allowed: .* to [01]$'):
        nominal.reset(0, manifest)


def test_a_demonstration_begins_again_as_its_manifest_says(world):
    """Those that begin with a missed grasp too: the first frame is that of the recording."""
    demonstrator = Demonstrator(world, noise_rad=0.02, missed_share=1.0)
    demonstration = demonstrator.record(1)
    assert demonstration is not None
    manifest = json.loads(json.dumps(demonstration.manifest))
    assert manifest['lead_in']['positions']
    renderer = CameraRenderer(world)
    for _ in range(2):
        assert world.reset(0, manifest) == manifest
        first = demonstrator._encode(world.observe(renderer.render))
        for name, values in first.items():
            assert np.array_equal(values, demonstration.frames[0][name]), name
        # Replayed once more, after another episode.
        world.reset(44)
