import json

import numpy as np
import pytest
from vla_contract.errors import VlaError
from vla_sim_bridge.demonstrations.demonstrator import Demonstration
from vla_sim_bridge.demonstrations.episode_store import EpisodeStore


def demonstration() -> Demonstration:
    rng = np.random.default_rng(0)
    frames = [
        {
            'observation.state': rng.normal(size=8).astype(np.float32),
            'observation.images.top': rng.integers(0, 255, (4, 4, 3), dtype=np.uint8),
            'task': 'lift the cube',
        }
        for _ in range(3)
    ]
    return Demonstration(frames, {'seed': 7, 'values': {'cube_x': {'value': 0.1, 'unit': 'm'}}})


@pytest.fixture
def store(tmp_path) -> EpisodeStore:
    store = EpisodeStore(tmp_path / 'x.recording')
    store.begin({'noise_rad': 0.015, 'task': 'lift_cube'})
    return store


def test_an_episode_comes_back_as_it_was(store):
    saved = demonstration()
    store.save(7, saved)
    loaded = store.load(7)
    assert loaded.manifest == json.loads(json.dumps(saved.manifest))
    assert len(loaded.frames) == 3
    for before, after in zip(saved.frames, loaded.frames, strict=True):
        assert before.keys() == after.keys()
        assert before['task'] == after['task']
        for name in ('observation.state', 'observation.images.top'):
            assert before[name].dtype == after[name].dtype
            assert np.array_equal(before[name], after[name])


def test_outcomes_are_unknown_until_they_are_saved(store):
    assert store.outcome(7) is None
    store.save(7, demonstration())
    store.save(8, None)
    assert store.outcome(7) is True
    assert store.outcome(8) is False


def test_the_same_settings_go_on_and_others_are_refused(store):
    store.save(7, demonstration())
    store.begin({'noise_rad': 0.015, 'task': 'lift_cube'})
    assert store.outcome(7)
    with pytest.raises(VlaError, match=r'begun with noise_rad 0\.015; found 0\.02'):
        store.begin({'noise_rad': 0.02, 'task': 'lift_cube'})


def test_nothing_is_left_after_deletion(store):
    store.save(7, demonstration())
    store.delete()
    assert not store.folder.exists()
