from dataclasses import replace
from pathlib import Path
import shutil

from finetune_samples import damage, FEATURE, LENGTHS, record
import numpy as np
import pytest
from vla_contract.deployment.deployment import load_deployment
from vla_finetune.act.act_training import act_config
from vla_finetune.data.checked_dataset import open_checked
from vla_finetune.data.trained_statistics import trained_statistics
from vla_finetune.data.training_data import prepare_data
from vla_finetune.finetune_settings import FinetuneSettings
from vla_lerobot.features import ACTION, STATE
from vla_lerobot.frames import open_dataset
from vla_lerobot.statistics import QUANTILES

ENDS = np.cumsum(LENGTHS)
DEPLOYMENT = load_deployment()
POLICY = act_config(DEPLOYMENT)


@pytest.fixture(scope='module')
def real(tmp_path_factory):
    return record(tmp_path_factory.mktemp('data') / 'real')


def opened(root, memory_bytes=1e9):
    return open_checked(str(root), DEPLOYMENT, POLICY, memory_bytes, skip_bad=True)


def prepared(real, sim=None, **changes):
    return prepare_data(FinetuneSettings(policy='p', real='r', **changes), real, sim)


def require_numpys(stats, key, values):
    """Compare the statistics of some rows, shape (N, D)."""
    own, rows = stats[key], np.asarray(values, dtype=float)
    assert own['mean'].ravel() == pytest.approx(rows.mean(axis=0), abs=1e-6)
    assert own['std'].ravel() == pytest.approx(np.maximum(rows.std(axis=0), 0.01), abs=1e-6)
    for name, share in QUANTILES.items():
        wanted = np.quantile(rows, share, axis=0)
        assert own[name].ravel() == pytest.approx(wanted, abs=1e-6), (key, name)


def raw(root, key, frames):
    dataset = open_dataset(root)
    return np.stack([dataset[int(frame)][key].numpy() for frame in frames])


def pixels(images):
    return images.transpose(0, 2, 3, 1).reshape(-1, 3)


def test_they_are_those_of_the_frames_that_are_trained_on(real, tmp_path):
    """Episode 2 of the robot is in degrees; one episode is held out; the simulator has others."""
    copy = Path(shutil.copytree(real, tmp_path / 'copy'))
    for frame in range(ENDS[1], ENDS[2]):
        for key in (STATE, ACTION):
            values = np.degrees(raw(real, key, [frame])[0])
            damage(copy, key, frame, values.tolist())
    sim = record(tmp_path / 'sim', seed=20)
    data = prepared(opened(copy), opened(sim))
    assert set(data.real.bad) == {2}
    stats = trained_statistics(data, POLICY)
    trained = sorted({0, 1, 3} - set(data.held_out_episodes))
    assert len(trained) == 2
    frames = np.concatenate([np.arange(ENDS[e] - LENGTHS[e], ENDS[e]) for e in trained])
    for key in (STATE, ACTION):
        mine = np.concatenate([raw(real, key, frames), raw(sim, key, range(ENDS[-1]))])
        require_numpys(stats, key, mine)
        assert stats[key]['count'].tolist() == [len(mine)]
        assert stats[key]['std'].max() < 1.0
    images = [raw(real, FEATURE, frames), raw(sim, FEATURE, range(ENDS[-1]))]
    require_numpys(stats, FEATURE, pixels(np.concatenate(images)))


def test_frames_that_were_held_and_failures_are_not_counted(real):
    checked = opened(real)
    usable = np.arange(ENDS[-1]) % 2 == 0
    data = prepared(replace(checked, is_usable=usable), held_out_share=0.0)
    stats = trained_statistics(data, POLICY)
    require_numpys(stats, ACTION, raw(real, ACTION, np.flatnonzero(usable)))


def test_corrections_count_with_their_frames_alone(tmp_path):
    led = record(tmp_path / 'led', lambda episode, frame: episode == 1 and frame >= 4)
    stats = trained_statistics(prepared(opened(led), held_out_share=0.0), POLICY)
    left_out = set(range(ENDS[0], ENDS[0] + 4))
    frames = [frame for frame in range(ENDS[-1]) if frame not in left_out]
    require_numpys(stats, STATE, raw(led, STATE, frames))


def test_memory_and_disk_give_the_same(real):
    from_memory, from_disk = (
        trained_statistics(prepared(opened(real, memory)), POLICY) for memory in (1e9, 0)
    )
    assert from_memory.keys() == from_disk.keys() == {STATE, ACTION, FEATURE}
    for key, entry in from_memory.items():
        for name, value in entry.items():
            assert np.array_equal(value, from_disk[key][name]), (key, name)


def test_they_are_computed_where_the_dataset_has_none(real, tmp_path):
    copy = Path(shutil.copytree(real, tmp_path / 'copy'))
    (copy / 'meta' / 'stats.json').unlink()
    assert trained_statistics(prepared(opened(copy)), POLICY)[ACTION]['q99'].shape == (8,)


def test_images_that_a_policy_takes_as_they_are_are_not_read(real):
    from lerobot.configs.types import NormalizationMode

    plain = act_config(DEPLOYMENT)
    plain.normalization_mapping = {
        **plain.normalization_mapping,
        'VISUAL': NormalizationMode.IDENTITY,
    }
    data = prepared(opened(real))
    unread = replace(data, real=replace(data.real, read=None))
    assert set(trained_statistics(unread, plain)) == {STATE, ACTION}


def test_joints_in_another_order_get_the_statistics_of_their_names(real, tmp_path):
    other = record(tmp_path / 'other', order=slice(None, None, -1))
    wanted, found = (trained_statistics(prepared(opened(root)), POLICY) for root in (real, other))
    for name, value in wanted[ACTION].items():
        assert np.array_equal(found[ACTION][name], value), name
