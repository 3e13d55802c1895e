from dataclasses import replace
import json

import mujoco
import numpy as np
import pytest
from vla_contract.contract import load_contract
from vla_contract.errors import SettingError, SimError, UnknownNameError
from vla_sim_bridge.randomization.randomization import (
    load_randomization,
    RandomizationConfig,
    TERMS,
)
from vla_sim_bridge.randomization.term import TermConfig
from vla_sim_bridge.renderer import CameraRenderer
from vla_sim_bridge.world import World
from vla_sim_bridge.world_config import CameraPlacement, load_world_config

CONTRACT = load_contract('panda_2f85')
LIFT = load_world_config('lift_cube')


def make_world(name: str = 'tutorial', **changes) -> World:
    return World(CONTRACT, LIFT, replace(load_randomization(name), **changes))


@pytest.fixture(scope='module')
def tutorial() -> World:
    return make_world()


@pytest.fixture(scope='module')
def samples(tutorial) -> dict[str, np.ndarray]:
    randomizer = tutorial._randomizer
    drawn = [randomizer.sample(seed) for seed in range(1000)]
    return {name: np.array([values[name] for values in drawn]) for name in drawn[0]}


@pytest.mark.parametrize('name', sorted(load_randomization('tutorial').terms))
def test_a_thousand_resets_lie_as_declared(samples, name):
    settings = load_randomization('tutorial').terms[name]
    low, high = settings.range
    values = samples[name]
    assert values.min() >= low
    assert values.max() <= high
    width = high - low + (settings.distribution == 'integer')
    error = 5.0 * width / np.sqrt(12.0 * values.size)
    assert values.mean() == pytest.approx((low + high) / 2, abs=error)
    assert values.std() == pytest.approx(width / np.sqrt(12.0), rel=0.15)


@pytest.mark.parametrize('distribution', ['gaussian', 'log_uniform'])
def test_other_distributions_lie_as_declared(tutorial, distribution):
    settings = TermConfig((0.5, 2.0), distribution)
    term, stage = TERMS['object_mass'], tutorial._randomizer.stage
    values = np.array([term.sample(settings, 1.0, seed, stage)[0] for seed in range(2000)])
    assert values.min() >= 0.5
    assert values.max() <= 2.0
    middle = 1.25 if distribution == 'gaussian' else 1.0
    assert np.median(values) == pytest.approx(middle, abs=0.06)


def test_a_seed_gives_the_same_whatever_came_before(tutorial):
    first = tutorial.reset(7)
    for seed in (3, 99, 12):
        tutorial.reset(seed)
    assert tutorial.reset(7) == first


def test_adding_a_term_changes_no_other_value():
    all_terms = load_randomization('tutorial').terms
    few = {name: all_terms[name] for name in ('camera_position', 'object_mass')}
    whole, part = make_world().reset(5), make_world(terms=few).reset(5)
    for name in few:
        assert part['randomization']['values'][name] == whole['randomization']['values'][name]
    assert part['values'] == whole['values']


def test_values_are_around_what_was_authored_never_around_the_last(tutorial):
    authored = World(CONTRACT, LIFT).model
    low, high = 0.8 * authored.body_mass, 1.2 * authored.body_mass
    cube = tutorial._randomizer.stage.cube_bodies[0]
    for seed in range(50):
        tutorial.reset(seed)
        assert low[cube] <= tutorial.model.body_mass[cube] <= high[cube]


def test_difficulty_nought_is_the_nominal_world(tutorial):
    stage = tutorial._randomizer.stage
    terms = {
        name: settings
        for name, settings in load_randomization('tutorial').terms.items()
        if TERMS[name].centre(stage) is not None and 'distractor' not in name
    }
    assert len(terms) > 20
    easy, nominal = make_world(terms=terms, difficulty=0.0), World(CONTRACT, LIFT)
    easy.reset(4)
    nominal.reset(4)
    for field in ('cam_pos', 'cam_fovy', 'geom_rgba', 'geom_friction', 'geom_size', 'body_mass'):
        assert np.array_equal(getattr(easy.model, field), getattr(nominal.model, field)), field
    images = [CameraRenderer(world).render(world.data.qpos)['top'] for world in (easy, nominal)]
    assert np.array_equal(*images)


def test_an_episode_is_replayed_from_its_manifest_alone():
    world = make_world()
    manifest = json.loads(json.dumps(world.reset(11)))
    renderer = CameraRenderer(world)
    target = CONTRACT.home + 0.2
    states, images = [], []
    for again in range(2):
        if again:
            world.reset(3)
            assert world.reset(0, replay=manifest) == manifest
        images.append([])
        for _ in range(5):
            world.step(target, 50_000_000)
            images[-1].append(renderer.render(world.data.qpos)['top'])
        states.append(world.data.qpos.copy())
    assert np.array_equal(*states)
    assert np.array_equal(*images)


def test_a_manifest_of_another_world_is_one_sentence(tutorial):
    with pytest.raises(SimError, match='randomization.values'):
        tutorial.reset(0, replay={'seed': 1, 'values': {}})
    manifest = tutorial.reset(1)
    manifest['randomization']['values']['gravity']['value'] = [1.0, 2.0]
    with pytest.raises(SimError, match='term gravity: found 2 numbers; this world needs 1'):
        tutorial.reset(0, replay=manifest)


@pytest.mark.parametrize('calibration', ['', 'panda_2f85/top'])
def test_a_wider_view_shows_a_smaller_object(calibration):
    cameras = LIFT.cameras
    if calibration:
        cameras = (CameraPlacement(name='top', calibration=calibration),)
    red = []
    for change in (-4.0, 4.0):
        terms = {'camera_fov': TermConfig((change, change))}
        config = replace(LIFT, cameras=cameras)
        world = World(CONTRACT, config, RandomizationConfig(terms=terms))
        world.reset(0)
        image = CameraRenderer(world).render(world.data.qpos)['top'].astype(int)
        red.append(int((image[..., 0] - image[..., 1] > 60).sum()))
    assert red[1] == pytest.approx(
        red[0] * (np.tan(np.radians(13)) / np.tan(np.radians(17))) ** 2, rel=0.1
    )


@pytest.mark.parametrize('size', [0.9, 1.1])
def test_a_resized_object_stands_on_the_table_and_stays(size):
    terms = {
        'object_size': TermConfig((size, size)),
        'table_height': TermConfig((0.02, 0.02)),
    }
    world = World(CONTRACT, LIFT, RandomizationConfig(terms=terms))
    world.reset(0)
    rest = 0.02 + size * LIFT.cube.edge_m / 2
    assert world.cube_pose()[2] == pytest.approx(rest)
    world.step(CONTRACT.home, 1_000_000_000)
    assert world.cube_pose()[2] == pytest.approx(rest, abs=1e-3)
    # Pressed on from above, it neither sinks in nor is passed through.
    world.data.xfrc_applied[world._randomizer.stage.cube_bodies, 2] = -20.0
    world.step(CONTRACT.home, 1_000_000_000)
    assert world.cube_pose()[2] == pytest.approx(rest, abs=3e-3)


@pytest.mark.parametrize('end', [0, 1])
def test_energy_stays_bounded_at_the_ends_of_the_ranges(end):
    terms = {
        name: TermConfig((settings.range[end], settings.range[end]))
        for name, settings in load_randomization('wide').terms.items()
    }
    world = World(CONTRACT, LIFT, RandomizationConfig(terms=terms))
    world.reset(0)
    for k in range(20):
        world.step(CONTRACT.home + 0.2 * (-1) ** k, 100_000_000)
    for _ in range(2):
        world.step(CONTRACT.home, 1_000_000_000)
    mujoco.mj_energyVel(world.model, world.data)
    assert np.isfinite(world.data.qpos).all()
    assert 0.0 <= world.data.energy[1] < 1e-3


def test_shipped_configurations_load_and_differ():
    names = ('none', 'narrow', 'tutorial', 'wide')
    configs = [load_randomization(name) for name in names]
    assert [config.name for config in configs] == list(names)
    assert len({config.sha256 for config in configs}) == 4
    assert not configs[0].terms


@pytest.mark.parametrize(
    ('text', 'error', 'message'),
    [
        (
            'terms: {colour_of_sky: {range: [0, 1]}}',
            UnknownNameError,
            "'colour_of_sky'.*table_colo",
        ),
        ('terms: {gravity: {range: [1.1, 0.9]}}', SettingError, 'first not above the second'),
        ('terms: {gravity: {range: [-1, 1]}}', SettingError, 'both at least 0'),
        ('terms: {gravity: {range: [0, .inf]}}', SettingError, 'gravity.range'),
        ('terms: {gravity: {range: [1]}}', SettingError, 'gravity.range'),
        ('terms: {gravity: {range: [1, 1], distribution: cauchy}}', SettingError, 'uniform or'),
        ('difficulty: 2.0\nterms: {}', SettingError, 'difficulty'),
        ('difficulty: 1.0', SettingError, 'terms'),
    ],
)
def test_a_configuration_that_cannot_be_is_one_sentence(tmp_path, text, error, message):
    path = tmp_path / 'broken.yaml'
    path.write_text(text)
    with pytest.raises(error, match=message):
        load_randomization(str(path))
