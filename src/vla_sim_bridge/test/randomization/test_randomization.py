from dataclasses import replace
import itertools
import json
import math

from every_term import every_term
from hypothesis import given, settings
from hypothesis import strategies as st
import mujoco
import numpy as np
import pytest
from scipy import stats
from vla_contract.deployment.deployment import load_deployment
from vla_contract.errors import SettingError, SimError, UnknownNameError
from vla_sim_bridge.cameras.renderer import CameraRenderer
from vla_sim_bridge.randomization.randomization import (
    load_randomization,
    RandomizationConfig,
    TERMS,
)
from vla_sim_bridge.randomization.term import TermConfig
from vla_sim_bridge.scene.simulated_task import simulated_task
from vla_sim_bridge.scene.world import World

DEPLOYMENT = load_deployment('panda_lift_cube')
EDGE_M = 0.04
CELL, LIFT = DEPLOYMENT.cell, simulated_task(DEPLOYMENT.task)


def make_world(name: str = 'tutorial', **changes) -> World:
    return World(DEPLOYMENT, replace(load_randomization(name), **changes))


@pytest.fixture(scope='module')
def tutorial() -> World:
    return make_world()


DECLARED = {
    'uniform': lambda low, high: stats.uniform(low, high - low),
    'log_uniform': stats.loguniform,
    'gaussian': lambda low, high: stats.truncnorm(-2, 2, (low + high) / 2, (high - low) / 4),
}


@pytest.fixture(scope='module')
def every() -> World:
    return World(DEPLOYMENT, RandomizationConfig(terms=every_term()))


@pytest.fixture(scope='module')
def samples(every) -> dict[str, np.ndarray]:
    """Draw the numbers of a thousand resets."""
    drawn = [every._randomizer.sample(seed) for seed in range(1000)]
    return {name: np.concatenate([values[name] for values in drawn]) for name in TERMS}


def test_a_reset_takes_what_is_drawn_for_its_seed(every):
    for seed in range(20):
        drawn = every._randomizer.sample(seed)
        told = every.reset(seed)['randomization']['values']
        assert told.keys() == drawn.keys() == TERMS.keys()
        for name, values in drawn.items():
            assert np.array_equal(np.atleast_1d(told[name]['value']), values), name


@pytest.mark.parametrize('name', TERMS)
def test_a_thousand_resets_lie_as_declared(samples, name):
    """Kolmogorov-Smirnov, or chi-squared for counts: one term in 10 000 would fail by chance."""
    declared_as = every_term()[name]
    low, high = declared_as.range
    values = samples[name]
    assert low <= values.min()
    assert values.max() <= high
    if declared_as.distribution == 'integer':
        assert np.array_equal(values, np.round(values))
        edges = np.linspace(low, high + 1, 1 + min(20, round(high - low + 1)))
        assert stats.chisquare(np.histogram(values, edges)[0]).pvalue > 1e-4
        return
    declared = DECLARED[declared_as.distribution](low, high)
    assert stats.kstest(values, declared.cdf).pvalue > 1e-4
    error = 5.0 / np.sqrt(values.size)
    assert values.mean() == pytest.approx(declared.mean(), abs=error * declared.std())
    assert values.std() == pytest.approx(declared.std(), rel=error)


@pytest.mark.parametrize('distribution', DECLARED)
def test_each_distribution_lies_as_declared(tutorial, distribution):
    config = TermConfig((0.5, 2.0), distribution)
    term, stage = TERMS['object_mass'], tutorial._randomizer.stage
    values = np.array([term.sample(config, 1.0, seed, stage)[0] for seed in range(2000)])
    assert stats.kstest(values, DECLARED[distribution](0.5, 2.0).cdf).pvalue > 1e-3


@pytest.mark.parametrize('distribution', DECLARED)
def test_numbers_with_ranges_of_their_own_lie_in_them(tutorial, distribution):
    ranges = tuple((1.0 + k, 3.0 + 2 * k) for k in range(7))
    config = TermConfig(ranges=ranges, distribution=distribution)
    stage = tutorial._randomizer.stage
    drawn = np.array([TERMS['joint_friction'].sample(config, 1.0, s, stage) for s in range(500)])
    low, high = np.array(ranges).T
    assert (drawn >= low).all()
    assert (drawn <= high).all()
    assert (drawn.min(axis=0) < low + 0.3 * (high - low)).all()
    assert (drawn.max(axis=0) > high - 0.3 * (high - low)).all()
    assert config.range == (1.0, 15.0)


def test_ranges_for_another_arm_are_refused(tutorial):
    config = TermConfig(ranges=((0.0, 1.0),) * 6)
    with pytest.raises(SimError, match='found 6 ranges; this world needs 7'):
        TERMS['joint_friction'].sample(config, 1.0, 0, tutorial._randomizer.stage)


def test_a_term_alone_draws_what_it_draws_among_all():
    randomizer = World(DEPLOYMENT, RandomizationConfig(terms=every_term()))._randomizer
    whole = randomizer.sample(5)
    for name, config in every_term().items():
        randomizer.config = RandomizationConfig(terms={name: config})
        assert np.array_equal(randomizer.sample(5)[name], whole[name]), name


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


@pytest.mark.parametrize('difficulty', [0.25, 0.5, 0.75])
def test_a_log_uniform_range_shrinks_in_the_logarithm(tutorial, difficulty):
    """Half of 0.5 to 2 is as far from 1 to either side."""
    config = TermConfig((0.5, 2.0), 'log_uniform')
    term, stage = TERMS['object_mass'], tutorial._randomizer.stage
    low, high = term.scaled(config, difficulty, stage)
    assert low * high == pytest.approx(1.0)
    assert high == pytest.approx(2.0**difficulty)
    drawn = [term.sample(config, difficulty, seed, stage)[0] for seed in range(2000)]
    assert np.median(np.log(drawn)) == pytest.approx(0.0, abs=0.05 * difficulty)


def test_a_log_uniform_latency_shrinks_to_none(tutorial):
    config = TermConfig((10.0, 50.0), 'log_uniform')
    term, stage = TERMS['control_latency'], tutorial._randomizer.stage
    assert term.sample(config, 0.0, 0, stage) == [0.0]
    assert 5.0 <= term.sample(config, 0.5, 0, stage)[0] <= 25.0


def test_values_are_around_what_was_authored_never_around_the_last(tutorial):
    authored = World(DEPLOYMENT).model
    low, high = 0.8 * authored.body_mass, 1.2 * authored.body_mass
    cube = tutorial._randomizer.stage.object_bodies[0]
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
    easy, nominal = make_world(terms=terms, difficulty=0.0), World(DEPLOYMENT)
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
    target = CELL.home + 0.2
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


@pytest.mark.parametrize('calibration', ['', 'panda_table/top'])
def test_a_wider_view_shows_a_smaller_object(calibration):
    placement = {'cell.cameras.top.placement': {'calibration': calibration}}
    deployment = load_deployment(overrides=placement if calibration else {})
    red = []
    for change in (-4.0, 4.0):
        terms = {'camera_fov': TermConfig((change, change))}
        world = World(deployment, RandomizationConfig(terms=terms))
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
    world = World(DEPLOYMENT, RandomizationConfig(terms=terms))
    world.reset(0)
    rest = 0.02 + size * EDGE_M / 2
    assert world.target_pose()[2] == pytest.approx(rest)
    world.step(CELL.home, 1_000_000_000)
    assert world.target_pose()[2] == pytest.approx(rest, abs=1e-3)
    # Pressed on from above, it neither sinks in nor is passed through.
    world.data.xfrc_applied[world._randomizer.stage.object_bodies, 2] = -20.0
    world.step(CELL.home, 1_000_000_000)
    assert world.target_pose()[2] == pytest.approx(rest, abs=3e-3)


@pytest.fixture(scope='module')
def falling() -> tuple[World, dict]:
    terms = {'object_size': TermConfig((1.0, 1.0)), 'table_height': TermConfig((0.0, 0.0))}
    world = World(DEPLOYMENT, RandomizationConfig(terms=terms))
    return world, world.reset(0)


@given(
    st.floats(0.9, 1.1), st.floats(-0.02, 0.02), st.floats(0.1, 0.4),
    st.tuples(*[st.floats(-1.0, 1.0)] * 3).map(lambda axis: (0.5, *axis)),
)  # fmt: skip
@settings(deadline=None, max_examples=15)
def test_a_resized_object_that_falls_comes_to_rest_on_the_table(falling, size, height, drop, turn):
    """From up to 0.4 m, any side down, beside the arm."""
    world, manifest = falling
    values = manifest['randomization']['values']
    values['object_size']['value'], values['table_height']['value'] = size, height
    world.reset(0, replay=manifest)
    data, at = world.data, int(world.model.joint('cube').qposadr[0])
    data.qpos[at : at + 7] = [0.6, 0.4, height + drop, *(np.array(turn) / np.linalg.norm(turn))]
    corners = np.array(list(itertools.product((-1, 1), repeat=3))) * size * EDGE_M / 2
    lowest = []
    position, rotation = data.body('cube').xpos, data.body('cube').xmat
    for _ in range(600):
        mujoco.mj_step(world.model, data)
        lowest.append(position[2] - height + (corners @ rotation[6:]).min())
    # The contact is soft: an impact at 2.8 m/s dips in for some milliseconds, by less than half.
    assert min(lowest) > -EDGE_M / 2
    assert lowest[-1] == pytest.approx(0.0, abs=1e-3)


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
        ('terms: {gravity: {range: [0, 11]}}', SettingError, 'at most 10'),
        ('terms: {control_latency: {range: [-5, 5]}}', SettingError, 'at least 0 and at most'),
        ('terms: {jpeg_quality: {range: [90, 150]}}', SettingError, 'both at least 1 and at'),
        ('terms: {object_mass: {range: [0, 1]}}', SettingError, 'both at least 0.01'),
        ('terms: {camera_fov: {range: [-40, 165]}}', SettingError, 'both at least -40 and'),
        (
            'terms: {distractor_count: {range: [2.2, 2.8], distribution: integer}}',
            SettingError,
            'a range that holds a whole number',
        ),
        ('terms: {gravity: {range: [0, .inf]}}', SettingError, 'gravity.range'),
        ('terms: {gravity: {range: [1]}}', SettingError, 'gravity.range'),
        ('terms: {gravity: {distribution: gaussian}}', SettingError, 'found nothing'),
        ('terms: {gravity: {ranges: [[2, 1]]}}', SettingError, 'first not above the second'),
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


@pytest.mark.parametrize('name', TERMS)
@pytest.mark.parametrize('end', [-1e9, 1e10, math.nan, math.inf])
def test_no_term_takes_any_number(name, end):
    with pytest.raises(SettingError, match=rf'terms.{name}.range: found '):
        TERMS[name].check(TermConfig((end, end)), 'file')


def test_a_range_that_difficulty_shrinks_to_no_whole_number_gives_the_nearest():
    config = TermConfig((2.0, 3.0), distribution='integer')
    drawn = TERMS['distractor_count'].sample(config, 0.2, 0, None)
    assert drawn == [0.0]
