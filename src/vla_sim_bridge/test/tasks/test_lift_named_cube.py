from dataclasses import fields

import numpy as np
import pytest
from vla_contract.deployment.deployment import Deployment, load_deployment
from vla_contract.deployment.task import load_task
from vla_contract.errors import ContractError, SimError
from vla_contract.values import to_ns
from vla_sim_bridge.demonstrations.expert import ScriptedExpert
from vla_sim_bridge.physics.kinematics import ArmKinematics
from vla_sim_bridge.randomization.randomization import load_randomization
from vla_sim_bridge.scene.simulated_task import simulated_task, SimulatedTask
from vla_sim_bridge.scene.world import World
from vla_sim_bridge.tasks.lift_named_cube import WRONG_OBJECT
from vla_sim_bridge.tasks.registry import TASKS


@pytest.fixture(scope='module')
def deployment() -> Deployment:
    return load_deployment('panda_lift_named_cube')


@pytest.fixture(scope='module')
def config(deployment) -> SimulatedTask:
    return simulated_task(deployment.task)


@pytest.fixture(scope='module')
def world(deployment) -> World:
    return World(deployment)


def value(manifest, name):
    return manifest['values'][name]['value']


def hold_up(world: World, name: str, duration_s: float) -> None:
    """Keep a cube in the air for some time, by hand."""
    address = int(world.model.joint(name).qposadr[0])
    for _ in range(round(duration_s / 0.002)):
        world.data.qpos[address + 2] = 0.2
        world.data.qvel[:] = 0.0
        world.step(world.command, to_ns(0.002))


def test_colour_and_phrase_do_not_follow_from_the_places(world, config):
    manifests = [world.reset(seed) for seed in range(400)]
    red = np.array([value(m, 'named_colour') == 'red' for m in manifests])
    assert red.mean() == pytest.approx(0.5, abs=0.08)
    phrases = [value(m, 'phrase') for m in manifests]
    assert set(phrases) == {config.instruction, *config.named_cubes.paraphrases}
    # What is said must not follow from what is seen: 3.5 standard errors of a correlation.
    for name in ('red_cube_x', 'red_cube_y', 'green_cube_x', 'green_cube_y'):
        place = [value(m, name) for m in manifests]
        assert abs(np.corrcoef(red, place)[0, 1]) < 3.5 / np.sqrt(len(manifests))


def test_neighbouring_seeds_share_the_scene_and_are_told_another_colour(world):
    places = [f'{c}_cube_{key}' for c in ('red', 'green') for key in ('x', 'y', 'yaw')]
    places += [f'home.{joint}' for joint in world.cell.joint_names[:7]]
    scenes = []
    for seed in range(0, 40, 2):
        first, second = world.reset(seed), world.reset(seed + 1)
        assert {value(m, 'named_colour') for m in (first, second)} == {'red', 'green'}
        assert all(value(first, name) == value(second, name) for name in places)
        scenes.append(value(first, places[0]))
    assert len(set(scenes)) == len(scenes)


def test_the_cubes_lie_in_their_area_and_apart(world, config):
    for seed in range(200):
        manifest = world.reset(seed)
        places = np.array([[value(manifest, f'{c}_cube_{axis}') for axis in 'xy']
                           for c in ('red', 'green')])  # fmt: skip
        assert np.linalg.norm(places[0] - places[1]) >= config.named_cubes.apart_m
        for column, (low, high) in zip(places.T, (config.cube.x_m, config.cube.y_m), strict=True):
            assert low <= column.min()
            assert column.max() <= high


def test_the_instruction_says_the_colour_that_is_meant(world):
    for seed in range(10):
        manifest = world.reset(seed)
        colour = value(manifest, 'named_colour')
        assert manifest['instruction'] == world.observe().instruction
        assert colour in manifest['instruction']
        assert world.task.target.name == f'{colour}_cube'
        x, y = world.cube_pose()[:2]
        assert (x, y) == (value(manifest, f'{colour}_cube_x'), value(manifest, f'{colour}_cube_y'))


@pytest.mark.parametrize('seed', [0, 7])
def test_the_named_cube_is_a_success_and_the_other_a_failure(world, seed):
    named = value(world.reset(seed), 'named_colour')
    other = {'red': 'green', 'green': 'red'}[named]
    hold_up(world, f'{named}_cube', 0.32)
    assert (world.success, world.failure) == (True, '')
    world.reset(seed)
    hold_up(world, f'{other}_cube', 0.32)
    assert (world.success, world.failure) == (False, WRONG_OBJECT)
    assert world.reset(seed)['seed'] == seed
    assert (world.success, world.failure) == (False, '')


def test_a_cube_that_is_let_go_in_time_is_no_failure(world):
    other = {'red': 'green', 'green': 'red'}[value(world.reset(0), 'named_colour')]
    hold_up(world, f'{other}_cube', 0.2)
    world.step(world.command, to_ns(1.0))
    assert world.failure == ''


def test_a_manifest_with_another_colour_is_the_same_scene_with_another_task(world):
    manifest = world.reset(3)
    qpos = world.data.qpos.copy()
    said = {'value': {'red': 'green', 'green': 'red'}[value(manifest, 'named_colour')], 'unit': ''}
    other = manifest | {'values': manifest['values'] | {'named_colour': said}}
    swapped = world.reset(0, replay=other)
    assert np.array_equal(world.data.qpos, qpos)
    assert said['value'] in swapped['instruction']
    assert swapped['values'] == other['values']


def test_a_manifest_of_a_colour_that_is_not_there_is_refused(world):
    manifest = world.reset(3)
    blue = manifest['values'] | {'named_colour': {'value': 'blue', 'unit': ''}}
    with pytest.raises(SimError, match="names the colour 'blue'; this world has: red, green"):
        world.reset(0, replay=manifest | {'values': blue})
    with pytest.raises(SimError, match=r'manifest: values\.phrase: found None'):
        values = {k: v for k, v in manifest['values'].items() if k != 'phrase'}
        world.reset(0, replay=manifest | {'values': values})


def test_the_expert_lifts_the_named_cube_in_at_least_95_of_100_episodes(world):
    expert = ScriptedExpert(world.deployment, ArmKinematics(world.model, world.cell))
    lifted = 0
    for seed in range(100):
        world.reset(seed)
        for _ in range(60):
            command = expert.plan(world.joint_sample().position, world.cube_pose(), horizon=1)[0]
            world.step(command, to_ns(0.1))
            if world.success or world.failure:
                break
        lifted += world.success
    assert lifted >= 95


def test_randomised_cubes_keep_what_tells_them_apart(deployment):
    world = World(deployment, load_randomization('tutorial'))
    red, green = (world.model.geom(f'{c}_cube').id for c in ('red', 'green'))
    for seed in range(10):
        world.reset(seed)
        assert np.array_equal(world.model.geom_size[red], world.model.geom_size[green])
        assert np.argmax(world.model.geom_rgba[red, :3]) == 0
        assert np.argmax(world.model.geom_rgba[green, :3]) == 1
        assert 'cube' not in world.appearance.textures


def test_cubes_that_find_no_places_are_refused(deployment):
    changes = {'task.simulation.named_cubes.apart_m': 0.5}
    with pytest.raises(SimError, match='2 cubes found no places 0.5 m apart'):
        World(load_deployment(deployment.name, overrides=changes))


@pytest.mark.parametrize(
    ('path', 'wrong', 'message'),
    [
        ('simulation.success', 'lift_cube', 'found a section with success lift_cube; allowed'),
        ('simulation.named_cubes', None, 'found nothing with success lift_named_cube; allowed'),
        ('simulation.cube.rgba', [1, 1, 1, 1], 'either cube.rgba or named_cubes'),
        ('simulation.named_cubes.colours', {'red': [1, 0, 0, 1]}, 'found 1; allowed: two or more'),
        ('instruction', 'lift it', "the phrase 'lift it' does not say {colour}"),
        ('simulation.named_cubes.held_out', ['up'], "the phrase 'up' does not say {colour}"),
    ],
)
def test_a_task_that_contradicts_itself_is_refused(path, wrong, message):
    task = load_task('lift_named_cube', {f'task.{path}': wrong})
    with pytest.raises(ContractError, match=f'^task lift_named_cube: simulation: .*{message}'):
        simulated_task(task)


def test_a_task_may_name_every_success_that_exists():
    choices = next(f for f in fields(SimulatedTask) if f.name == 'success').metadata['choices']
    assert choices == tuple(TASKS)
