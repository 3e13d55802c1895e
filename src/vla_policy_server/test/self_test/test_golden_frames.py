from dataclasses import replace

import numpy as np
import pytest
from vla_contract.errors import NameMismatchError, PolicyError, ResourceNotFoundError
from vla_policy_server.self_test.golden_frames import (
    GoldenFrames,
    load_golden_frames,
    read_golden_frames,
    save_golden_frames,
)


@pytest.fixture(scope='module')
def root(tmp_path_factory, contract):
    """Write a dataset of two episodes whose values say which frame they are from."""
    from lerobot.datasets import LeRobotDataset

    root = tmp_path_factory.mktemp('data') / 'golden'
    vector = {'dtype': 'float32', 'shape': (8,), 'names': list(contract.joint_names[::-1])}
    image = {'dtype': 'image', 'shape': (96, 96, 3), 'names': ['height', 'width', 'channels']}
    features = {'action': vector, 'observation.state': vector, 'observation.images.top': image}
    dataset = LeRobotDataset.create('local/golden', 10, features, root=root, use_videos=False)
    for episode in range(2):
        for k in range(10):
            values = np.arange(8, dtype=np.float32) + 100 * episode + 10 * k
            dataset.add_frame(
                {
                    'action': values,
                    'observation.state': values,
                    'observation.images.top': np.full((96, 96, 3), 10 * k + episode, np.uint8),
                    'task': f'task {episode}',
                }
            )
        dataset.save_episode()
    dataset.finalize()
    return root


def test_frames_come_with_what_followed_them_in_the_contracts_order(contract, root):
    frames = read_golden_frames(contract, root)
    assert frames.fps == 10.0
    assert len(frames.observations) == 8
    for seen, actions in zip(frames.observations, frames.actions, strict=True):
        first = seen.state[-1]  # the dataset's first joint is the contract's last
        assert seen.state.tolist() == [first + k for k in range(7, -1, -1)]
        assert actions.tolist() == [(seen.state + 10 * step).tolist() for step in range(2)]
        assert seen.images['top'][0, 0, 0] == (first % 100) + first // 100
        assert seen.instruction == f'task {int(first // 100)}'
    assert {seen.instruction for seen in frames.observations} == {'task 0', 'task 1'}


def test_saved_frames_come_back_bit_for_bit(contract, root, tmp_path):
    frames = read_golden_frames(contract, root)
    save_golden_frames(frames, contract, tmp_path / 'frames.npz')
    again = load_golden_frames(contract, tmp_path / 'frames.npz')
    assert again.fps == frames.fps
    assert np.array_equal(again.actions, frames.actions)
    for one, other in zip(frames.observations, again.observations, strict=True):
        assert np.array_equal(one.images['top'], other.images['top'])
        assert np.array_equal(one.state, other.state)
        assert one.instruction == other.instruction


def test_saved_frames_follow_another_order_of_joints(contract, root, tmp_path):
    frames = read_golden_frames(contract, root)
    save_golden_frames(frames, contract, tmp_path / 'frames.npz')
    turned = replace(contract, joints=contract.joints[::-1])
    again: GoldenFrames = load_golden_frames(turned, tmp_path / 'frames.npz')
    assert np.array_equal(again.actions, frames.actions[..., ::-1])


def test_damaged_or_missing_frames_are_one_sentence(contract, tmp_path):
    (tmp_path / 'frames.npz').write_bytes(b'no archive')
    with pytest.raises(PolicyError, match='frames.npz cannot be read'):
        load_golden_frames(contract, tmp_path / 'frames.npz')
    with pytest.raises(ResourceNotFoundError, match='LeRobotDataset v3'):
        read_golden_frames(contract, tmp_path)


def test_a_dataset_without_the_camera_is_refused(contract, root):
    camera = replace(contract.cameras[0], feature='observation.images.wrist')
    with pytest.raises(NameMismatchError, match='missing observation.images.wrist'):
        read_golden_frames(replace(contract, cameras=(camera,)), root)
