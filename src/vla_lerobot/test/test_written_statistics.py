import json

import numpy as np
import pytest
from small_dataset import record, TOP
from vla_lerobot.features import ACTION, STATE
from vla_lerobot.frames import open_dataset
from vla_lerobot.statistics import QUANTILES
from vla_lerobot.written_statistics import write_statistics


@pytest.fixture(scope='module')
def dataset(tmp_path_factory):
    root = record(tmp_path_factory.mktemp('data') / 'small')
    write_statistics(root)
    return open_dataset(root)


@pytest.mark.parametrize('key', [STATE, ACTION, 'timestamp', 'index'])
def test_quantiles_in_the_file_are_those_of_all_frames_and_lerobot_reads_them(dataset, key):
    values = np.asarray(dataset.hf_dataset.with_format('numpy')[:][key], dtype=float)
    values = values.reshape(len(values), -1)
    found = dataset.meta.stats[key]
    for name, share in QUANTILES.items():
        assert found[name] == pytest.approx(np.quantile(values, share, axis=0), abs=1e-6), name
    assert found['mean'] == pytest.approx(values.mean(axis=0), abs=1e-6)
    assert found['std'] == pytest.approx(values.std(axis=0), abs=1e-6)
    assert found['count'].tolist() == [dataset.num_frames]


def test_images_are_counted_over_all_frames(dataset):
    images = np.stack([dataset[i][TOP].numpy() for i in range(dataset.num_frames)])
    pixels = images.transpose(0, 2, 3, 1).reshape(-1, 3).astype(float)
    found = dataset.meta.stats[TOP]
    assert found['count'].tolist() == [dataset.num_frames]
    for name, share in QUANTILES.items():
        assert found[name].shape == (3, 1, 1)
        assert found[name].ravel() == pytest.approx(np.quantile(pixels, share, axis=0), abs=1e-6)
    assert found['mean'].ravel() == pytest.approx(pixels.mean(axis=0), abs=1e-6)
    assert found['std'].ravel() == pytest.approx(pixels.std(axis=0), abs=1e-6)


def test_lerobots_own_average_over_episodes_is_not_a_quantile(tmp_path):
    """Its issue 4156: once this fails, LeRobot computes what is written here."""
    root = record(tmp_path / 'small')
    averaged = open_dataset(root).meta.stats[ACTION]['q99']
    write_statistics(root)
    written = json.loads((root / 'meta' / 'stats.json').read_text())[ACTION]['q99']
    assert np.abs(averaged - written).max() > 0.05


def test_a_video_keeps_the_statistics_that_it_has(tmp_path):
    root = record(tmp_path / 'video', use_videos=True)
    before = open_dataset(root).meta.stats[TOP]
    write_statistics(root)
    after = open_dataset(root).meta.stats
    assert {name: value.tolist() for name, value in after[TOP].items()} == {
        name: value.tolist() for name, value in before.items()
    }
    assert after[ACTION]['count'].tolist() == [30]
