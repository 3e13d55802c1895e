import json

import numpy as np
import pytest
from vla_sim_bridge.make_dataset import dataset_features, main

lerobot = pytest.importorskip('lerobot')


@pytest.fixture(scope='module')
def dataset(tmp_path_factory):
    root = tmp_path_factory.mktemp('data') / 'lift'
    assert main(['--output', str(root), '--episodes', '3', '--missed-share', '0']) == 0
    from lerobot.datasets import LeRobotDataset

    return LeRobotDataset('local/lift', root=root)


def test_it_has_state_action_image_and_task(dataset, contract):
    assert dataset.num_episodes == 3
    assert dataset.fps == contract.action.fps
    frame = dataset[0]
    assert frame['observation.images.top'].shape == (3, 96, 96)
    assert frame['task'] == 'lift the cube'
    for key, feature in dataset_features(contract).items():
        assert dataset.meta.features[key]['names'] == feature['names']


def test_the_last_action_closes_and_lifts(dataset):
    last = dataset[dataset.num_frames - 1]
    assert float(last['action'][7]) == pytest.approx(0.8)
    assert float(last['observation.state'][7]) > 0.3


def test_provenance_is_kept(dataset, contract):
    provenance = json.loads((dataset.root / 'meta' / 'vla_provenance.json').read_text())
    assert provenance['seeds'] == [100_000, 100_001, 100_002]
    assert provenance['contract_sha256'] == contract.sha256


def test_an_existing_folder_is_not_touched(dataset, capsys):
    before = sorted(path.stat().st_mtime_ns for path in dataset.root.rglob('*'))
    assert main(['--output', str(dataset.root), '--episodes', '1']) == 2
    assert 'exists; name a new folder, nothing was written' in capsys.readouterr().err
    assert np.array_equal(before, sorted(p.stat().st_mtime_ns for p in dataset.root.rglob('*')))
