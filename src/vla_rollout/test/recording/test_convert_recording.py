"""Recordings become a dataset without any ROS."""

import json

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


def messages(space: str) -> list:
    """Return a second of an episode: joints and cycles at 100 Hz, images at 20 Hz."""
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
        if ms % 50 == 0:
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
