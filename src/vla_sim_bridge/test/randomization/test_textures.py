import numpy as np
import pytest
from vla_contract.deployment.deployment import load_deployment
from vla_sim_bridge.cameras.renderer import CameraRenderer
from vla_sim_bridge.randomization.randomization import RandomizationConfig
from vla_sim_bridge.randomization.term import TermConfig
from vla_sim_bridge.randomization.textures import make_texture
from vla_sim_bridge.scene.world import World

DEPLOYMENT = load_deployment('panda_lift_cube')


def test_a_thousand_numbers_are_a_thousand_textures():
    pictures = {make_texture(number, 16).tobytes() for number in range(1, 1001)}
    assert len(pictures) == 1000


def test_the_same_number_is_the_same_texture():
    assert np.array_equal(make_texture(42, 64), make_texture(42, 64))
    assert make_texture(42, 64).shape == (64, 64, 3)


def fixed(**values) -> RandomizationConfig:
    return RandomizationConfig(terms={k: TermConfig((v, v)) for k, v in values.items()})


def picture(config: RandomizationConfig) -> np.ndarray:
    world = World(DEPLOYMENT, config)
    world.reset(0)
    return CameraRenderer(world).render(world.data.qpos)['top'].astype(int)


@pytest.mark.parametrize('term', ['table_texture', 'object_texture', 'background_texture'])
def test_a_texture_is_seen(term):
    plain, changed = picture(fixed()), picture(fixed(**{term: 5.0}))
    assert (np.abs(plain - changed).max(axis=2) > 20).mean() > 0.001


def test_the_background_takes_its_colour_and_gives_it_back():
    def config(factor: float) -> RandomizationConfig:
        return fixed(background_colour=factor)

    plain, dim, black = (picture(config(factor)) for factor in (1.0, 0.5, 0.0))
    assert np.array_equal(plain, picture(fixed()))
    sky = (black == 0).all(axis=2) & (plain > 100).all(axis=2)
    assert sky.mean() > 0.005
    assert dim[sky] == pytest.approx(plain[sky] / 2, abs=2.0)
    assert np.array_equal(plain[~sky], black[~sky])


def test_the_next_episode_has_its_own_texture():
    ranges = {'table_texture': TermConfig((1.0, 1e6), 'integer')}
    config = RandomizationConfig(terms=ranges)
    world = World(DEPLOYMENT, config)
    renderer = CameraRenderer(world)
    pictures = []
    for seed in (0, 1, 0):
        world.reset(seed)
        pictures.append(renderer.render(world.data.qpos)['top'])
    assert not np.array_equal(pictures[0], pictures[1])
    assert np.array_equal(pictures[0], pictures[2])


def test_distractors_stand_on_a_table_of_any_height():
    values = {'distractor_count': 3.0, 'distractor_size': 0.03, 'table_height': 0.02}
    world = World(DEPLOYMENT, fixed(**values))
    world.reset(0)
    heights = world.model.geom_pos[world._randomizer.stage.distractors, 2]
    assert heights == pytest.approx(np.full(3, 0.02 + 0.03))


def test_distractors_are_seen_and_touch_nothing():
    sizes = {'distractor_count': 3.0, 'distractor_size': 0.03, 'distractor_place': 0.2}
    world = World(DEPLOYMENT, fixed(**sizes))
    world.reset(0)
    assert (np.abs(picture(fixed()) - picture(fixed(**sizes))).max(axis=2) > 20).mean() > 0.001
    for geom in world._randomizer.stage.distractors:
        assert world.model.geom_contype[geom] == world.model.geom_conaffinity[geom] == 0
        assert world.model.geom_pos[geom, 2] == pytest.approx(0.03)
