from dataclasses import replace
from pathlib import Path

import numpy as np
from policy_changes import with_policy
import pytest
from vla_contract.errors import NameMismatchError, ResourceNotFoundError
from vla_lerobot.lerobot_import import quiet_lerobot
from vla_policy_server.precision.comparing.frames import load_frames


@pytest.fixture(scope='module')
def dataset(tmp_path_factory, deployment) -> Path:
    """Two episodes of 5 frames; joint names in reverse; pixels count the frames."""
    quiet_lerobot()
    from lerobot.datasets import LeRobotDataset

    root = tmp_path_factory.mktemp('data') / 'frames'
    names = list(reversed(deployment.policy.state_names))
    vector = {'dtype': 'float32', 'shape': (8,), 'names': names}
    image = {'dtype': 'image', 'shape': (96, 96, 3), 'names': ['height', 'width', 'channels']}
    features = {
        'observation.state': vector,
        'action': vector,
        'observation.images.top': image,
    }
    written = LeRobotDataset.create('local/frames', 10, features, root=root, use_videos=False)
    for frame in range(10):
        state = np.arange(8, dtype=np.float32) + frame
        pixels = np.full((96, 96, 3), (frame, 2 * frame, 255), np.uint8)
        written.add_frame(
            {
                'observation.state': state,
                'action': state,
                'observation.images.top': pixels,
                'task': 'lift',
            }
        )
        if frame % 5 == 4:
            written.save_episode()
    written.finalize()
    return root


def test_calibration_and_judgement_share_no_episode(deployment, dataset):
    frames = load_frames(deployment, dataset)
    calibration = [int(frame.images['top'][0, 0, 0]) for frame in frames.calibration]
    judging = [int(frame.images['top'][0, 0, 0]) for frame in frames.judging]
    assert calibration == [0, 1, 2, 3, 4]
    assert judging == [5, 6, 7, 8, 9]


def test_pixels_names_and_task_arrive_unchanged(deployment, dataset):
    frame = load_frames(deployment, dataset, count=1).judging[0]
    assert (frame.images['top'] == (5, 10, 255)).all()
    assert frame.images['top'].dtype == np.uint8
    assert frame.state.tolist() == [12.0, 11.0, 10.0, 9.0, 8.0, 7.0, 6.0, 5.0]
    assert frame.instruction == 'lift'


def test_few_frames_are_spread_over_the_episode(deployment, dataset):
    frames = load_frames(deployment, dataset, count=3)
    assert [int(frame.images['top'][0, 0, 0]) for frame in frames.judging] == [5, 7, 9]


def test_a_camera_that_was_not_recorded_is_named(deployment, dataset):
    wrist = replace(deployment.policy.cameras[0], feature='observation.images.wrist')
    with pytest.raises(NameMismatchError, match='cameras: missing observation.images.wrist'):
        load_frames(with_policy(deployment, cameras=(wrist,)), dataset)


def test_no_dataset_is_one_sentence(deployment, tmp_path):
    with pytest.raises(ResourceNotFoundError, match='LeRobotDataset'):
        load_frames(deployment, tmp_path)
