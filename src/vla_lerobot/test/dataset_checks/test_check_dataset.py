"""The command, on datasets that LeRobot wrote: images and video."""

import json

import numpy as np
import pytest
from synthetic import CAMERA, CELL, DEPLOYMENT, motion, pictures
from vla_contract.page.testing import faults_of
from vla_lerobot.dataset_checks.check_dataset import main
from vla_lerobot.dataset_checks.dataset import check_episodes
from vla_lerobot.dataset_checks.episodes import EpisodeLimits
from vla_lerobot.features import ACTION, dataset_features, STATE
from vla_lerobot.frames import open_dataset

LENGTH = 20
COUNT = 4


def write(root, is_video, edit=lambda number, images: images):
    from lerobot.datasets import LeRobotDataset

    features = dataset_features(DEPLOYMENT)
    features[CAMERA]['dtype'] = 'video' if is_video else 'image'
    dataset = LeRobotDataset.create(
        'local/set', 10, features, root=root, robot_type=CELL.robot.name, use_videos=is_video
    )
    for number in range(COUNT):
        state, action = motion(number + 1, LENGTH)
        images = edit(number, pictures(state, number + 1).repeat(2, axis=1).repeat(2, axis=2))
        for frame in range(LENGTH):
            sample = {STATE: state[frame].astype(np.float32), CAMERA: images[frame]}
            dataset.add_frame({**sample, ACTION: action[frame].astype(np.float32), 'task': 'lift'})
        dataset.save_episode()
    dataset.finalize()
    return root


def freeze(number, images):
    return images[[0] * LENGTH] if number == 1 else images


def damage(video, frame):
    import av

    with av.open(str(video)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    data = bytearray(video.read_bytes())
    start, size = packets[frame].pos, packets[frame].size
    data[start : start + size] = bytes(size)
    video.write_bytes(data)


def test_images_end_to_end(tmp_path, capsys):
    root = write(tmp_path / 'set', is_video=False, edit=freeze)
    page, found = tmp_path / 'page.html', tmp_path / 'found.json'
    assert main([str(root), '--report', str(page), '--json', str(found)]) == 1
    said = capsys.readouterr().out
    assert f'episode 1: frozen: {CAMERA} shows one image in frames 0 to 19' in said
    assert 'the state follows its action by 2 frames (0.20 s)' in said
    assert '3 of 4 episodes are fit to train on (4 demonstrations' in said
    written = json.loads(found.read_text())
    assert list(written['bad_episodes']) == ['1']
    [finding] = written['findings']
    assert finding['kind'] == 'frozen'
    assert finding['camera'] == CAMERA
    assert finding['frames'] == [0, 19]
    assert finding['cure'] in page.read_text()
    assert page.read_text().count('data:image/jpeg') == COUNT
    assert faults_of(page) == []
    assert written['lag_frames']['0'] == pytest.approx(2.0, abs=0.25)


def test_a_video_is_decoded_once_and_a_damaged_frame_is_named(tmp_path, capsys):
    root = write(tmp_path / 'set', is_video=True)
    assert main([str(root)]) == 0
    assert '4 of 4 episodes are fit to train on' in capsys.readouterr().out
    dataset = open_dataset(root)

    def no_random_access(frame):
        raise AssertionError('frames of a video are read one by one')

    assert not any(
        verdict.faults
        for verdict in check_episodes(dataset, no_random_access, DEPLOYMENT, EpisodeLimits())
    )
    [video] = root.glob('videos/**/*.mp4')
    damage(video, 2 * LENGTH + 8)
    assert main([str(root)]) == 1
    said = capsys.readouterr().out
    assert f'episode 2: corrupt: frame 8 of {CAMERA} cannot be decoded' in said
    assert '3 of 4 episodes are fit to train on' in said


def test_a_video_blank_between_its_ends_is_found(tmp_path, capsys):
    def blank(number, images):
        if number == 3:
            images[1:-1] = 90
        return images

    assert main([str(write(tmp_path / 'set', is_video=True, edit=blank))]) == 1
    last = LENGTH - 2
    assert f'episode 3: blank: {CAMERA} shows one colour in frames 1 to {last}' in (
        capsys.readouterr().out
    )
