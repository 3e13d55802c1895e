from dataclasses import replace

import numpy as np
from policy_changes import with_policy
import pytest
from vla_contract.deployment.cell import PlacedRobot
from vla_contract.errors import NameMismatchError, PolicyError, ResourceNotFoundError
from vla_policy_server.self_test.golden_frames import (
    GoldenFrames,
    load_golden_frames,
    read_golden_frames,
    save_golden_frames,
)


@pytest.fixture(scope='module')
def root(tmp_path_factory, deployment):
    """Write a dataset of two episodes whose values say which frame they are from."""
    from lerobot.datasets import LeRobotDataset

    root = tmp_path_factory.mktemp('data') / 'golden'
    vector = {'dtype': 'float32', 'shape': (8,), 'names': list(deployment.cell.joint_names[::-1])}
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


def test_frames_come_with_what_followed_them_in_the_cells_order(deployment, root):
    frames = read_golden_frames(deployment, root)
    assert frames.fps == 10.0
    assert len(frames.observations) == 8
    for seen, actions in zip(frames.observations, frames.actions, strict=True):
        first = seen.state[-1]  # the dataset's first joint is the cell's last
        assert seen.state.tolist() == [first + k for k in range(7, -1, -1)]
        assert actions.tolist() == [(seen.state + 10 * step).tolist() for step in range(2)]
        assert seen.images['top'][0, 0, 0] == (first % 100) + first // 100
        assert seen.instruction == f'task {int(first // 100)}'
    assert {seen.instruction for seen in frames.observations} == {'task 0', 'task 1'}


def test_saved_frames_come_back_bit_for_bit(deployment, root, tmp_path):
    frames = read_golden_frames(deployment, root)
    save_golden_frames(frames, deployment.cell, tmp_path / 'frames.npz')
    again = load_golden_frames(deployment, tmp_path / 'frames.npz')
    assert again.fps == frames.fps
    assert np.array_equal(again.actions, frames.actions)
    for one, other in zip(frames.observations, again.observations, strict=True):
        assert np.array_equal(one.images['top'], other.images['top'])
        assert np.array_equal(one.state, other.state)
        assert one.instruction == other.instruction


def test_saved_frames_follow_another_order_of_joints(deployment, root, tmp_path):
    frames = read_golden_frames(deployment, root)
    save_golden_frames(frames, deployment.cell, tmp_path / 'frames.npz')
    cell = deployment.cell
    robot = PlacedRobot(replace(cell.robot, joints=cell.joints[::-1]))
    turned = replace(deployment, cell=replace(cell, robots=(robot,)))
    again: GoldenFrames = load_golden_frames(turned, tmp_path / 'frames.npz')
    assert np.array_equal(again.actions, frames.actions[..., ::-1])


def test_damaged_or_missing_frames_are_one_sentence(deployment, tmp_path):
    (tmp_path / 'frames.npz').write_bytes(b'no archive')
    with pytest.raises(PolicyError, match='frames.npz cannot be read'):
        load_golden_frames(deployment, tmp_path / 'frames.npz')
    with pytest.raises(ResourceNotFoundError, match='LeRobotDataset v3'):
        read_golden_frames(deployment, tmp_path)


def test_a_dataset_without_the_camera_is_refused(deployment, root):
    camera = replace(deployment.policy.cameras[0], feature='observation.images.wrist')
    with pytest.raises(NameMismatchError, match='missing observation.images.wrist'):
        read_golden_frames(with_policy(deployment, cameras=(camera,)), root)
