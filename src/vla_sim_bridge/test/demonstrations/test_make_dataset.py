import json
import shutil

import numpy as np
import pytest
from vla_contract.deployment.deployment import load_deployment
from vla_contract.errors import VlaError
from vla_lerobot.features import dataset_features
from vla_sim_bridge.demonstrations.demonstrator import Demonstrator, wider_area
from vla_sim_bridge.demonstrations.episode_store import EpisodeStore
from vla_sim_bridge.demonstrations.make_dataset import main
from vla_sim_bridge.demonstrations.recording import record_episodes
from vla_sim_bridge.randomization.randomization import load_randomization
from vla_sim_bridge.scene.world import World

lerobot = pytest.importorskip('lerobot')


@pytest.fixture(scope='module')
def dataset(tmp_path_factory):
    root = tmp_path_factory.mktemp('data') / 'lift'
    assert main(['--output', str(root), '--episodes', '3', '--missed-share', '0']) == 0
    from lerobot.datasets import LeRobotDataset

    return LeRobotDataset('local/lift', root=root)


def test_it_has_state_action_image_and_task(dataset, deployment):
    assert dataset.num_episodes == 3
    assert dataset.fps == deployment.policy.rate_hz
    frame = dataset[0]
    assert frame['observation.images.top'].shape == (3, 96, 96)
    assert frame['task'] == 'lift the cube'
    for key, feature in dataset_features(deployment).items():
        assert dataset.meta.features[key]['names'] == feature['names']


def test_the_last_action_closes_and_lifts(dataset):
    last = dataset[dataset.num_frames - 1]
    assert float(last['action'][7]) == pytest.approx(0.8)
    assert float(last['observation.state'][7]) > 0.3


def test_provenance_is_kept(dataset, deployment):
    provenance = json.loads((dataset.root / 'meta' / 'vla_provenance.json').read_text())
    assert provenance['seeds'] == [100_000, 100_001, 100_002]
    assert provenance['cell_sha256'] == deployment.cell.sha256
    assert provenance['deployment_sha256'] == deployment.sha256


def widened_world(config) -> World:
    deployment = load_deployment(overrides=wider_area(config, 0.01))
    return World(deployment, load_randomization('none'))


def test_every_episode_has_the_manifest_it_came_from(dataset, config):
    lines = (dataset.root / 'meta' / 'vla_manifests.jsonl').read_text().splitlines()
    manifests = [json.loads(line) for line in lines]
    assert [manifest['seed'] for manifest in manifests] == [100_000, 100_001, 100_002]
    world = widened_world(config)
    assert world.reset(100_001) == manifests[1]
    first = next(i for i in range(dataset.num_frames) if dataset[i]['episode_index'] == 1)
    measured = world.joint_sample().position
    assert dataset[first]['observation.state'].numpy() == pytest.approx(measured, abs=1e-6)


def test_nothing_is_left_of_the_recording(dataset):
    assert [path.name for path in dataset.root.parent.iterdir()] == ['lift']


def test_two_workers_after_an_interruption_record_the_same(dataset, config, tmp_path):
    """The first run got as far as one seed of three when it was killed."""
    root = tmp_path / 'lift'
    common = ['--output', str(root), '--episodes', '3', '--missed-share', '0']
    store = EpisodeStore(root.with_name('lift.recording'))
    before = json.loads((dataset.root / 'meta' / 'vla_provenance.json').read_text())
    store.begin({k: v for k, v in before.items() if not k.endswith('seeds')})
    world = widened_world(config)
    store.save(100_001, Demonstrator(world, 0.015, 0.0).record(100_001))
    assert main([*common, '--workers', '2']) == 0
    assert json.loads((root / 'meta' / 'vla_provenance.json').read_text()) == before
    from lerobot.datasets import LeRobotDataset

    again = LeRobotDataset('local/lift', root=root)
    assert again.num_frames == dataset.num_frames
    for i in range(dataset.num_frames):
        for name in ('observation.state', 'observation.images.top', 'action'):
            assert np.array_equal(again[i][name], dataset[i][name])


def test_seeds_are_taken_in_order_and_failures_are_replaced(tmp_path):
    class Store:
        def outcome(self, seed: int) -> bool:
            return seed % 3 != 0

    good, failed = record_episodes(map, Store(), first_seed=9, episodes=5)
    assert good == [10, 11, 13, 14, 16]
    assert failed == [9, 12, 15]


def test_an_expert_that_mostly_fails_is_an_error(tmp_path):
    class Store:
        def outcome(self, seed: int) -> bool:
            return False

    with pytest.raises(VlaError, match='the expert failed 11 of 11 episodes'):
        record_episodes(map, Store(), first_seed=0, episodes=50)


def test_an_existing_folder_is_not_touched(dataset, capsys):
    before = sorted(path.stat().st_mtime_ns for path in dataset.root.rglob('*'))
    assert main(['--output', str(dataset.root), '--episodes', '1']) == 2
    assert 'exists; name a new folder, nothing was written' in capsys.readouterr().err
    assert np.array_equal(before, sorted(p.stat().st_mtime_ns for p in dataset.root.rglob('*')))


def test_a_cleaning_up_that_was_interrupted_is_ended(dataset, capsys):
    store = dataset.root.with_name('lift.recording')
    store.mkdir()
    (store / 'seed_100000.npz').touch()
    assert main(['--output', str(dataset.root), '--episodes', '3', '--missed-share', '0']) == 0
    assert 'was complete already' in capsys.readouterr().out
    assert not store.exists()


def test_a_recording_that_is_not_in_the_dataset_is_kept(dataset, capsys):
    store = dataset.root.with_name('lift.recording')
    store.mkdir()
    (store / 'seed_100000.npz').touch()
    try:
        assert main(['--output', str(dataset.root), '--missed-share', '0.5']) == 2
        assert 'exists and is of another recording' in capsys.readouterr().err
        assert (store / 'seed_100000.npz').exists()
    finally:
        shutil.rmtree(store)
