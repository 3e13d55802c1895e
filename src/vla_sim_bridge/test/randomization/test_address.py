"""Terms that reach some objects or cameras only: by name, by tag, and by what an episode means."""

import json

import numpy as np
import pytest
from vla_contract.deployment.deployment import load_deployment
from vla_contract.errors import ContractError, SettingError, SimError, UnknownNameError
from vla_sim_bridge.randomization.randomization import load_randomization, RandomizationConfig
from vla_sim_bridge.randomization.term import TermConfig
from vla_sim_bridge.scene.world import World

BOX = 'panda_put_in_box'
TAGS = {f'task.simulation.objects.{name}.tags': tags
        for name, tags in {'can': ['round'], 'mug': ['round', 'hollow']}.items()}  # fmt: skip
THINGS = ('cube', 'can', 'mug')


def world_of(terms: dict[str, tuple[float, float]], deployment=BOX, overrides=TAGS) -> World:
    config = RandomizationConfig(terms={key: TermConfig(ends) for key, ends in terms.items()})
    return World(load_deployment(deployment, overrides=overrides), config)


def masses(world: World) -> dict[str, float]:
    return {name: float(world.model.body(name).mass[0]) for name in THINGS}


@pytest.fixture(scope='module')
def authored() -> dict[str, float]:
    return masses(world_of({}))


@pytest.mark.parametrize(
    ('said', 'meant'),
    [('can', ['can']), ('round', ['can', 'mug']), ('hollow', ['mug']), ('', list(THINGS))],
)
def test_a_term_reaches_objects_by_name_by_tag_or_all(authored, said, meant):
    key = f'object_mass@object:{said}' if said else 'object_mass@object'
    world = world_of({key: (2.0, 2.0)})
    for seed in range(3):
        world.reset(seed)
        factors = {name: mass / authored[name] for name, mass in masses(world).items()}
        assert factors == pytest.approx({n: 2.0 if n in meant else 1.0 for n in THINGS})


def test_target_and_others_are_those_of_the_episode(authored):
    world = world_of({'object_mass@object:target': (2.0, 2.0),
                      'object_mass@object:others': (3.0, 3.0)})  # fmt: skip
    targets = set()
    for seed in range(6):
        target = world.reset(seed)['values']['target']['value']
        factors = {name: mass / authored[name] for name, mass in masses(world).items()}
        assert factors == pytest.approx({n: 2.0 if n == target else 3.0 for n in THINGS})
        targets.add(target)
    assert targets == set(THINGS)


@pytest.mark.parametrize(
    ('term', 'field', 'value'),
    [('object_colour', 'geom_rgba', 0.5), ('object_friction', 'geom_friction', 0.2),
     ('object_size', 'geom_size', 0.9)],
)  # fmt: skip
def test_every_term_of_objects_leaves_the_others_alone(term, field, value):
    world = world_of({f'{term}@object:cube': (value, value)})
    authored = world._randomizer.stage.authored(field).copy()
    world.reset(1)
    changed = np.flatnonzero((getattr(world.model, field) != authored).any(axis=1))
    assert changed.tolist() == [world.model.geom('cube').id]


def test_what_reaches_all_comes_before_what_is_addressed(authored):
    world = world_of({'object_mass@object:cube': (3.0, 3.0), 'object_mass': (2.0, 2.0)})
    world.reset(0)
    factors = {name: mass / authored[name] for name, mass in masses(world).items()}
    assert factors == pytest.approx({'cube': 6.0, 'can': 2.0, 'mug': 2.0})


def test_two_cameras_are_moved_apart_from_each_other():
    overrides = {'cell.cameras': [_camera('top', -0.5), _camera('side', 0.5)]}
    terms = {'camera_position@camera:top': (0.01, 0.01), 'camera_fov@camera:side': (2.0, 2.0),
             'hand_eye_position@camera:side': (0.003, 0.003)}  # fmt: skip
    world = world_of(terms, BOX, overrides)
    manifest = world.reset(0)['randomization']['values']
    assert np.shape(manifest['camera_position@camera:top']['value']) == (3,)
    stage, model = world._randomizer.stage, world.model
    top, side = (model.camera(name).id for name in ('top', 'side'))
    moved = model.cam_pos - stage.authored('cam_pos')
    assert moved[top] == pytest.approx(0.01)
    assert moved[side] == pytest.approx(0.0)
    wider = model.cam_fovy - stage.authored('cam_fovy')
    assert (wider[top], wider[side]) == pytest.approx((0.0, 2.0))
    assert stage.hand_eye[:, :3] == pytest.approx(np.array([[0.0] * 3, [0.003] * 3]))
    assert len(world.appearance.cameras) == 2


def _camera(name: str, y_m: float) -> dict:
    placement = {'eye_m': [1.05, y_m, 0.55], 'target_m': [0.5, 0.0, 0.06], 'fovy_deg': 30.0}
    return {
        'name': name, 'topic': f'{name}/color', 'frame': f'{name}_optical', 'width': 64,
        'height': 64, 'rate_hz': 15.0, 'encoding': 'rgb8', 'placement': placement,
    }  # fmt: skip


def test_lights_are_addressed_as_one():
    worlds = [world_of({key: (0.5, 0.5)}) for key in ('light_intensity', 'light_intensity@light')]
    for world in worlds:
        world.reset(0)
    assert np.array_equal(*(world.model.light_diffuse for world in worlds))


def test_an_address_changes_no_other_numbers():
    """It draws from a stream of its own; what has no address draws what it always drew."""
    alone = world_of({'object_mass': (0.5, 2.0), 'gravity': (0.9, 1.1)})
    beside = world_of({'object_mass': (0.5, 2.0), 'object_mass@object:can': (0.5, 2.0),
                       'gravity': (0.9, 1.1)})  # fmt: skip
    for seed in range(5):
        few, more = (w.reset(seed)['randomization']['values'] for w in (alone, beside))
        assert few == {key: more[key] for key in few}
        assert more['object_mass@object:can']['value'] != more['object_mass']['value']


def test_an_episode_is_replayed_from_its_manifest():
    terms = {'object_mass@object:target': (0.5, 2.0), 'object_colour@object:others': (0.5, 1.5)}
    world = world_of(terms)
    manifest = json.loads(json.dumps(world.reset(4)))
    before = {**masses(world), 'rgba': world.model.geom_rgba.copy()}
    world.reset(7)
    assert world.reset(0, replay=manifest) == manifest
    assert masses(world) == {name: before[name] for name in THINGS}
    assert np.array_equal(world.model.geom_rgba, before['rgba'])
    # A world without these terms plays it too: what they came to is in the manifest.
    assert world_of({}).reset(0, replay=manifest)['values'] == manifest['values']


def test_tags_of_objects_do_not_make_another_world():
    manifest = world_of({}, overrides={}).reset(3)
    assert world_of({}, overrides=TAGS).reset(0, replay=manifest)['values'] == manifest['values']


@pytest.mark.parametrize(
    ('key', 'deployment', 'message'),
    [
        ('object_mass@object:cup', BOX, 'no object to change is cup; .*it has: can, cube'),
        ('object_mass@object:rond', BOX, '.*did you mean round'),
        ('object_mass@object:box', BOX, 'no object to change is box'),
        ('object_mass@object:others', 'panda_lift_cube', 'no object to change is others'),
        (
            'camera_fov@camera:wrist',
            'panda_lift_cube',
            'no camera to change is wrist; it has: top',
        ),
    ],
)
def test_a_term_that_addresses_nothing_is_one_sentence(key, deployment, message):
    overrides = TAGS if deployment == BOX else {}
    with pytest.raises(SimError, match=f'^term {key}: {message}'):
        world_of({key: (0.9, 1.1)}, deployment, overrides)


@pytest.mark.parametrize(
    ('key', 'error', 'message'),
    [
        ('gravity@object:cube', SettingError, "found 'object:cube'; allowed: only gravity"),
        (
            'object_mass@camera:top',
            SettingError,
            r'allowed: object_mass@object:NAME, or object_ma',
        ),
        ('light_intensity@light:1', SettingError, 'allowed: light_intensity@light, or light_int'),
        ('object_texture@object:cube', SettingError, 'allowed: only object_texture'),
        ('object_mas@object:cube', UnknownNameError, 'object_mas@.*did you mean object_mass'),
    ],
)
def test_an_address_that_a_term_has_not_is_refused_on_load(tmp_path, key, error, message):
    path = tmp_path / 'own.yaml'
    path.write_text(f'terms:\n  {key}: {{range: [0.9, 1.1]}}\n')
    with pytest.raises(error, match=message):
        load_randomization(str(path))


@pytest.mark.parametrize('tag', ['cube', 'target', 'two words', ''])
def test_a_tag_that_means_something_else_is_refused(tag):
    with pytest.raises(ContractError, match=r'objects.can.tags: found'):
        world_of({}, overrides={'task.simulation.objects.can.tags': [tag]})
