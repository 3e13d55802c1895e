from dataclasses import replace
import json
from pathlib import Path
import shutil

import cv2
from finetune_samples import damage, FEATURE, LENGTHS, record, rename
import numpy as np
import pytest
import torch
from vla_contract.deployment.deployment import load_deployment
from vla_contract.errors import VlaError
from vla_finetune.act.act_training import act_config
from vla_finetune.data.checked_dataset import open_checked
from vla_finetune.data.frames_in_memory import bytes_in_memory, FramesInMemory
from vla_finetune.data.training_data import prepare_data
from vla_finetune.finetune_settings import FinetuneSettings
from vla_lerobot.dataset_checks.check_dataset import main as check_dataset
from vla_lerobot.dataset_checks.roles import episode_roles
from vla_lerobot.features import ACTION, STATE
from vla_lerobot.frames import open_dataset

ENDS = np.cumsum(LENGTHS)


@pytest.fixture(scope='module')
def real(tmp_path_factory):
    return record(tmp_path_factory.mktemp('data') / 'real')


@pytest.fixture(scope='module')
def sim(tmp_path_factory):
    return record(tmp_path_factory.mktemp('data') / 'sim', seed=10)


@pytest.fixture(scope='module')
def led(tmp_path_factory):
    """Return a dataset in which a person leads: episode 1 from frame 4 on, episode 2 wholly."""
    root = tmp_path_factory.mktemp('data') / 'led'
    return record(root, lambda episode, frame: episode == 2 or (episode == 1 and frame >= 4))


@pytest.fixture
def copy(real, tmp_path):
    return Path(shutil.copytree(real, tmp_path / 'copy'))


@pytest.fixture
def deployment():
    return load_deployment()


def opened(root, deployment, skip_bad=False, memory_bytes=1e9):
    return open_checked(str(root), deployment, act_config(deployment), memory_bytes, skip_bad)


def settings(held_out_share=0.2, **changes):
    return FinetuneSettings(policy='p', real='r', held_out_share=held_out_share, **changes)


def twice(root):
    """Record all episodes two times; their images differ."""
    return record(root, lengths=LENGTHS * 2, motions=len(LENGTHS))


def black_image():
    return cv2.imencode('.png', np.zeros((96, 96, 3), np.uint8))[1].tobytes()


def test_samples_in_memory_are_those_of_lerobot(real):
    from lerobot.datasets import LeRobotDataset

    offsets = {ACTION: [0, 1, 2, 3], STATE: [-1, 0]}
    stamps = {key: [offset / 10 for offset in values] for key, values in offsets.items()}
    theirs = LeRobotDataset('local/real', root=real, delta_timestamps=stamps)
    ours = FramesInMemory(open_dataset(real), offsets)
    assert len(ours) == len(theirs) == ENDS[-1]
    for frame in (0, 5, int(ENDS[0]) - 1, int(ENDS[0]), int(ENDS[-1]) - 1):
        wanted, found = theirs[frame], ours[frame]
        assert found.keys() == wanted.keys()
        assert found['task'] == wanted['task']
        assert torch.equal(found[FEATURE], (wanted[FEATURE] * 255).round().byte())
        for key in (ACTION, f'{ACTION}_is_pad', STATE, f'{STATE}_is_pad', 'index'):
            assert torch.equal(found[key], wanted[key]), key


def test_memory_counts_bytes_of_images_and_numbers(real):
    frame = 3 * 96 * 96 + 4 * (8 + 8) + 4 + 4 * 8
    assert bytes_in_memory(open_dataset(real)) == ENDS[-1] * frame


def test_a_dataset_too_large_for_memory_is_read_by_lerobot(real, deployment):
    samples = opened(real, deployment, memory_bytes=0).samples
    assert type(samples).__name__ == 'LeRobotDataset'
    assert samples[0][ACTION].shape == (16, 8)


def test_a_corrupt_episode_is_named_and_not_trained_on(copy, deployment):
    damage(copy, STATE, int(ENDS[1]) + 2, [float('nan')] * 8)
    damage(copy, FEATURE, 3, {'bytes': b'torn', 'path': None})
    with pytest.raises(VlaError) as refused:
        opened(copy, deployment)
    assert '0 (corrupt: frame 3 cannot be read' in str(refused.value)
    assert '2 (corrupt: state is not finite in frame 2)' in str(refused.value)
    checked = opened(copy, deployment, skip_bad=True)
    assert checked.demonstrations == [1, 3]
    data = prepare_data(settings(), checked, None)
    trained = np.concatenate([pool.frames for pool in data.pools])
    bad = set(range(ENDS[0])) | set(range(ENDS[1], ENDS[2]))
    assert not bad & {*trained.tolist(), *data.held_out.tolist()}


def test_the_check_names_bad_episodes_on_a_page(copy, tmp_path, capsys):
    damage(copy, FEATURE, int(ENDS[0]) + 1, {'bytes': black_image(), 'path': None})
    page, found = tmp_path / 'page.html', tmp_path / 'found.json'
    assert check_dataset([str(copy), '--report', str(page), '--json', str(found)]) == 1
    written = json.loads(found.read_text())
    assert written['bad_episodes'] == {'1': [f'blank: {FEATURE} shows one colour in frame 1']}
    assert 'episode 1: blank' in capsys.readouterr().out
    assert 'shows one colour' in page.read_text()
    assert '<svg' in page.read_text()


def test_a_good_dataset_passes_the_check(real, capsys):
    assert check_dataset([str(real)]) == 0
    assert '4 of 4 episodes are fit to train on' in capsys.readouterr().out


def test_held_out_episodes_are_not_trained_on(real, deployment):
    data = prepare_data(settings(), opened(real, deployment), None)
    [pool] = data.pools
    assert pool.share == 1.0
    assert len(data.held_out_episodes) == 1
    assert not set(pool.frames.tolist()) & set(data.held_out.tolist())
    assert sorted([*pool.frames, *data.held_out]) == list(range(ENDS[-1]))


def test_simulated_frames_follow_the_real_ones_and_get_their_share(real, sim, deployment):
    checked = opened(real, deployment)
    data = prepare_data(settings(sim_share=0.9), checked, opened(sim, deployment))
    shares = {pool.name: pool.share for pool in data.pools}
    assert shares == {'demonstrations': pytest.approx(0.1), 'simulated': 0.9}
    assert data.pools[-1].frames.tolist() == list(range(ENDS[-1], 2 * ENDS[-1]))
    assert data.origin_of(3) == (data.real, 3)
    assert data.origin_of(int(ENDS[-1]) + 3) == (data.sim, 3)


def test_equal_episodes_are_held_out_together(tmp_path, deployment):
    """The second half of the dataset is the first half again."""
    # The check would leave the copies out.
    checked = replace(opened(twice(tmp_path / 'twice'), deployment, skip_bad=True), bad={})
    assert checked.digests[:4] == checked.digests[4:]
    assert len(set(checked.digests)) == 4
    for seed in range(5):
        data = prepare_data(settings(held_out_share=0.1, seed=seed), checked, None)
        first, second = data.held_out_episodes
        assert second == first + 4
        trained = set(data.pools[0].frames.tolist())
        assert not trained & set(data.held_out.tolist())


def test_a_simulated_copy_of_a_held_out_episode_is_not_trained_on(real, deployment):
    checked = opened(real, deployment)
    data = prepare_data(settings(sim_share=0.9), checked, checked)
    assert data.copies == data.held_out_episodes
    simulated = set((data.pools[-1].frames - ENDS[-1]).tolist())
    assert not simulated & set(data.held_out.tolist())
    assert len(simulated) == ENDS[-1] - len(data.held_out)


def test_only_copies_leave_nothing_to_train_on(tmp_path, deployment):
    checked = opened(record(tmp_path / 'one', lengths=(12,)), deployment)
    with pytest.raises(VlaError, match='1 good demonstrations, of which 1 are held out, copies'):
        prepare_data(settings(), checked, None)


def test_joints_in_another_order_are_trained_on_by_name(real, tmp_path, deployment):
    """Names with LeRobot's suffix in a dictionary, from the last joint to the first."""
    other = record(tmp_path / 'other', order=slice(None, None, -1))
    rename(other, lambda names: {'motors': [f'{name}.pos' for name in names]})
    for memory_bytes in (1e9, 0):
        wanted = opened(real, deployment, memory_bytes=memory_bytes)
        found = opened(other, deployment, memory_bytes=memory_bytes)
        assert found.digests == wanted.digests
        for frame in (0, 5, int(ENDS[0])):
            for key in (STATE, ACTION):
                assert torch.equal(found.samples[frame][key], wanted.samples[frame][key])
                assert torch.equal(found.samples[frame][FEATURE], wanted.samples[frame][FEATURE])
    assert not np.array_equal(
        open_dataset(other)[0][STATE].numpy(), open_dataset(real)[0][STATE].numpy()
    )
    assert [note.split(': ')[1] for note in found.order.notes] == [STATE, ACTION]


def test_where_every_frame_was_held_there_is_nothing_to_train_on(real, deployment):
    checked = opened(real, deployment)
    held = replace(checked, is_usable=np.zeros(ENDS[-1], dtype=bool))
    with pytest.raises(VlaError, match='found no frame of demonstrations, held-out demonstr'):
        prepare_data(settings(), held, None)


def test_all_episodes_held_out_leave_nothing_to_train_on(real, deployment):
    checked = opened(real, deployment)
    with pytest.raises(VlaError, match='allowed: at least one to train on'):
        prepare_data(settings(held_out_share=0.9), checked, None)


def test_only_the_persons_frames_of_a_corrected_episode_are_imitated(led, deployment):
    checked = opened(led, deployment)
    assert checked.roles.corrected == (1,)
    assert checked.roles.demonstrations == (0, 2, 3)
    assert checked.corrections_of([1]).tolist() == list(range(ENDS[0] + 4, ENDS[1]))
    data = prepare_data(settings(correction_share=0.5), checked, None)
    assert {pool.name: pool.share for pool in data.pools} == {
        'demonstrations': 0.5,
        'corrections': 0.5,
    }


def test_failures_without_correction_are_listed_and_not_imitated(led, tmp_path, deployment):
    root = Path(shutil.copytree(led, tmp_path / 'failures'))
    outcomes = ['not_counted', 'failure', 'success', 'success']
    notes = {'episodes': [{'outcome': outcome} for outcome in outcomes]}
    (root / 'meta' / 'vla_episodes.json').write_text(json.dumps(notes))
    roles = episode_roles(open_dataset(root))
    assert roles.by_role() == {'demonstrations': [2, 3], 'corrected': [1], 'failed': [0]}
