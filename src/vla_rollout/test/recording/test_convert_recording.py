"""Recordings become a dataset without any ROS."""

import json
import re

import numpy as np
import pytest
from vla_contract.deployment.deployment import load_deployment
from vla_contract.filter_status import FilterStatus, Verdict
from vla_contract.recordings.testing import (
    header,
    joint_state,
    joint_trajectory,
    write_recording,
)
from vla_contract.values import ActionChunk
from vla_lerobot.frames import open_dataset
from vla_rollout.recording.convert_recording import main

DEPLOYMENT = load_deployment('panda_lift_cube')
CELL = DEPLOYMENT.cell
MS = 1_000_000


def picture(camera, ms: int) -> dict:
    data = np.full((camera.height, camera.width, 3), ms % 256, np.uint8).tobytes()
    return {
        'header': header(ms * MS, camera.frame), 'height': camera.height, 'width': camera.width,
        'encoding': 'rgb8', 'step': 3 * camera.width, 'data': data,
    }  # fmt: skip


def messages(space: str, blind_ms: range = range(0)) -> list:
    """Return a second of an episode: joints and cycles at 100 Hz, images at 20 Hz.

    Args:
        space: namespace of the robot.
        blind_ms: without images.
    """
    names, home = CELL.joint_names, CELL.home
    chunk = ActionChunk(10 * MS, 100 * MS, home + 0.01 * np.arange(16)[:, None])
    status = FilterStatus(Verdict.PASS, state='ACTIVE')
    values = [{'key': key, 'value': value} for key, value in status.values().items()]
    said = {'level': 0, 'name': 'action_filter', 'message': status.message, 'values': values}
    found = [
        (1, 'instruction', {'data': 'lift the cube'}),
        (12, 'policy_chunk', joint_trajectory(chunk, names)),
        (13, 'action_filter/status', said),
    ]
    for ms in range(0, 1000, 10):
        asked = joint_state(ms * MS, names, home + 1e-4 * ms, np.full(len(home), 0.1))
        told = joint_state(ms * MS, names, home + 1e-4 * ms + 0.5)
        found += [
            (ms + 1, 'joint_states', joint_state(ms * MS, names, home)),
            (ms + 2, 'action_filter/desired', asked),
            (ms + 2, 'action_filter/action', told),
        ]
        if ms % 50 == 0 and ms not in blind_ms:
            found += [(ms + 3, f'{c.topic}/image_raw', picture(c, ms)) for c in CELL.cameras]
    return [(ms * MS, f'{space}/{topic}', message) for ms, topic, message in found]


@pytest.fixture(scope='module')
def recordings(tmp_path_factory):
    folder = tmp_path_factory.mktemp('recordings')
    note = {'vla': {'outcome': 'success', 'seed': '3'}}
    write_recording(folder / 'whole.mcap', messages('/robot'), metadata=note)
    two = [*messages('/left'), (1, '/right/joint_states', joint_state(1, ['x'], [0.0]))]
    write_recording(folder / 'two.mcap', two, metadata={'vla': {'outcome': 'failure'}})
    part = (folder / 'whole.mcap').read_bytes()[:-100]
    (folder / 'killed.mcap.part').write_bytes(part)
    return folder


def convert(tmp_path, *arguments) -> list:
    """Run the command; returns what it notes of the episodes."""
    output = tmp_path / 'real'
    assert main([*map(str, arguments), '--output', str(output)]) == 0
    return json.loads((output / 'meta' / 'vla_episodes.json').read_text())['episodes']


def test_a_folder_of_recordings_is_converted_by_outcome(recordings, tmp_path):
    (episode,) = convert(tmp_path, recordings, '--only', 'success')
    assert (episode['recording'], episode['seed']) == ('whole.mcap', '3')
    assert episode['frames'] >= 8
    assert 'damages' not in episode


def test_a_recording_in_which_time_is_missing_is_left_out_and_said(recordings, tmp_path, capsys):
    blind = tmp_path / 'blind.mcap'
    write_recording(blind, messages('', range(150, 850)))
    assert main([str(blind), '--output', str(tmp_path / 'none')]) == 2
    said = capsys.readouterr().err
    # The last image is of 100 ms and counts for half a second; the next is of 850 ms.
    assert 'none of 1 recordings can be an episode: time is missing between its frames: ' in said
    assert re.search(
        r'nothing for 0\.\d\d s after 0\.\d\d s \(image of camera top is 7\d0 ms', said
    )
    (episode,) = convert(tmp_path, recordings / 'whole.mcap', blind)
    assert episode['recording'] == 'whole.mcap'
    record = json.loads((tmp_path / 'real' / 'meta' / 'vla_episodes.json').read_text())
    assert list(record['left_out']) == ['blind.mcap']
    assert f'{blind} is left out: time is missing' in capsys.readouterr().err
    assert open_dataset(tmp_path / 'real').num_frames == episode['frames']


def test_one_of_two_robots_is_converted_by_its_namespace(recordings, tmp_path, capsys):
    two = recordings / 'two.mcap'
    assert main([str(two), '--output', str(tmp_path / 'none')]) == 2
    assert 'in the namespaces /left, /right; name one of them' in capsys.readouterr().err
    (episode,) = convert(tmp_path, two, '--namespace', 'left')
    assert episode['frames'] >= 8


def test_an_unfinished_recording_is_converted_when_named_and_its_damage_noted(
    recordings, tmp_path
):
    (episode,) = convert(tmp_path, recordings / 'killed.mcap.part')
    assert episode['frames'] >= 8
    assert 'killed.mcap.part is damaged at byte' in episode['damages'][0]
    assert 'outcome' not in episode


def test_quantiles_of_the_dataset_are_those_of_all_its_frames(recordings, tmp_path):
    convert(tmp_path, recordings / 'whole.mcap', recordings / 'killed.mcap.part')
    dataset = open_dataset(tmp_path / 'real')
    assert dataset.num_episodes == 2
    actions = np.asarray(dataset.hf_dataset.with_format('numpy')[:]['action'], dtype=float)
    for name, share in (('q01', 0.01), ('q50', 0.5), ('q99', 0.99)):
        wanted = np.quantile(actions, share, axis=0)
        assert dataset.meta.stats['action'][name] == pytest.approx(wanted, abs=1e-6)
