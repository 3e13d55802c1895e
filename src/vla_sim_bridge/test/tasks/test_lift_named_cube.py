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
from vla_sim_bridge.tasks.task import WRONG_OBJECT


@pytest.fixture(scope='module')
def deployment() -> Deployment:
    return load_deployment('panda_lift_named_cube')


@pytest.fixture(scope='module')
def config(deployment) -> SimulatedTask:
    return simulated_task(deployment.task)


@pytest.fixture(scope='module')
def world(deployment) -> World:
    return World(deployment)


OTHER = {'red_cube': 'green_cube', 'green_cube': 'red_cube'}


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
    red = np.array([value(m, 'target') == 'red_cube' for m in manifests])
    assert red.mean() == pytest.approx(0.5, abs=0.08)
    phrases = [value(m, 'phrase') for m in manifests]
    assert set(phrases) == {config.instruction, *config.paraphrases}
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
        assert {value(m, 'target') for m in (first, second)} == {'red_cube', 'green_cube'}
        assert all(value(first, name) == value(second, name) for name in places)
        scenes.append(value(first, places[0]))
    assert len(set(scenes)) == len(scenes)


def test_the_cubes_lie_in_their_area_and_apart(world, config):
    area = config.areas['cube']
    for seed in range(200):
        manifest = world.reset(seed)
        places = np.array([[value(manifest, f'{c}_cube_{axis}') for axis in 'xy']
                           for c in ('red', 'green')])  # fmt: skip
        assert np.linalg.norm(places[0] - places[1]) >= area.apart_m
        for column, (low, high) in zip(places.T, (area.x_m, area.y_m), strict=True):
            assert low <= column.min()
            assert column.max() <= high


def test_the_instruction_says_the_colour_that_is_meant(world):
    for seed in range(10):
        manifest = world.reset(seed)
        name = value(manifest, 'target')
        assert manifest['instruction'] == world.observe().instruction
        assert name.removesuffix('_cube') in manifest['instruction']
        assert world.task.target.name == name
        x, y = world.target_pose()[:2]
        assert (x, y) == (value(manifest, f'{name}_x'), value(manifest, f'{name}_y'))


@pytest.mark.parametrize('seed', [0, 7])
def test_the_named_cube_is_a_success_and_the_other_a_failure(world, seed):
    named = value(world.reset(seed), 'target')
    hold_up(world, named, 0.32)
    assert (world.success, world.failure) == (True, '')
    world.reset(seed)
    hold_up(world, OTHER[named], 0.32)
    assert (world.success, world.failure) == (False, WRONG_OBJECT)
    assert world.reset(seed)['seed'] == seed
    assert (world.success, world.failure) == (False, '')


def test_a_cube_that_is_let_go_in_time_is_no_failure(world):
    hold_up(world, OTHER[value(world.reset(0), 'target')], 0.2)
    world.step(world.command, to_ns(1.0))
    assert world.failure == ''


def test_a_manifest_with_another_colour_is_the_same_scene_with_another_task(world):
    manifest = world.reset(3)
    qpos = world.data.qpos.copy()
    said = {'value': OTHER[value(manifest, 'target')], 'unit': ''}
    other = manifest | {'values': manifest['values'] | {'target': said}}
    swapped = world.reset(0, replay=other)
    assert np.array_equal(world.data.qpos, qpos)
    assert said['value'].removesuffix('_cube') in swapped['instruction']
    assert swapped['values'] == other['values']


def test_a_manifest_of_a_colour_that_is_not_there_is_refused(world):
    manifest = world.reset(3)
    blue = manifest['values'] | {'target': {'value': 'blue_cube', 'unit': ''}}
    with pytest.raises(SimError, match="found 'blue_cube'; this task has: red_cube, green_cube"):
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
            command = expert.plan(world.joint_sample().position, world.extras(), horizon=1)[0]
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
        assert 'object' not in world.appearance.textures


def test_cubes_that_find_no_places_are_refused(deployment):
    changes = {'task.simulation.areas.cube.apart_m': 0.5}
    with pytest.raises(SimError, match='red_cube and green_cube found no places 0.5 m apart'):
        World(load_deployment(deployment.name, overrides=changes))


@pytest.mark.parametrize(
    ('path', 'wrong', 'message'),
    [
        ('simulation.targets', ['red_cube'], 'targets: found one; allowed: two or more'),
        ('simulation.targets', ['red_cube', 'cube'], 'found an unknown name'),
        ('simulation.targets', [], "targets: found none; allowed: some, for the phrase 'lift the"),
        ('simulation.objects.red_cube.said', 'green', 'said: found green, green; allowed: a word'),
        ('simulation.objects.red_cube.said', '', 'said: found , green; allowed: a word'),
        ('instruction', 'lift it', "found 'lift it'; allowed: one that says {target}"),
        ('simulation.held_out', ['up'], "found 'up'; allowed: one that says {target}"),
    ],
)
def test_a_task_that_contradicts_itself_is_refused(path, wrong, message):
    task = load_task('lift_named_cube', {f'task.{path}': wrong})
    with pytest.raises(ContractError, match=f'^task lift_named_cube: simulation: .*{message}'):
        simulated_task(task)
