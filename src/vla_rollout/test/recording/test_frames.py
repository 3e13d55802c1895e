from dataclasses import replace
import json

from filter_run import CAMERA, CELL, DEPLOYMENT, eventful_run, MS, picture
import numpy as np
import pytest
from vla_contract.errors import VlaError
from vla_contract.filter_status import Verdict
from vla_contract.recordings.testing import joint_state, write_recording
from vla_contract.values import Observation
from vla_contract.vectors.component import Component, NumberMap
from vla_lerobot.features import ACTION, FeatureEncoder, STATE
from vla_lerobot.record_columns import (
    FILTERED,
    MEASURED,
    PLANNED,
    planned_frames,
    STAMP,
    VERDICT,
)
from vla_rollout.recording.convert_recording import main
from vla_rollout.recording.frames import frame_features, recorded_frames

FEATURE = DEPLOYMENT.policy.cameras[0].feature


@pytest.fixture(scope='module')
def run():
    return eventful_run()


@pytest.fixture(scope='module')
def recording(run, tmp_path_factory):
    path = tmp_path_factory.mktemp('run') / 'episode.mcap'
    messages = [(ns, f'/robot/{topic}', msg) for ns, topic, msg in run.messages]
    notes = {'vla': {'outcome': 'success', 'seed': '3', 'recording': 'null'}}
    write_recording(path, messages, metadata=notes)
    return path


@pytest.fixture(scope='module')
def frames(recording):
    return list(recorded_frames(recording, DEPLOYMENT))


def test_a_label_is_what_the_plan_asked_for_at_that_time(run, frames):
    asked = np.array([p.desired.position for p in run.played if p.desired is not None])
    for frame in frames:
        if frame[PLANNED][0]:
            distance = np.abs(asked - frame[ACTION]).max(axis=1).min()
            assert distance < 1e-6
    assert sum(bool(frame[PLANNED][0]) for frame in frames) > 8


def test_a_refused_chunk_is_never_a_label(frames):
    assert max(abs(float(frame[ACTION][0])) for frame in frames) < 3.0


def test_frames_of_a_stop_are_there_and_marked(frames):
    stopped = [frame for frame in frames if frame[VERDICT][0] >= Verdict.STOP]
    assert stopped
    assert not any(frame[PLANNED][0] for frame in stopped)
    assert all(np.array_equal(frame[ACTION], frame[FILTERED]) for frame in stopped)


def test_what_is_seen_is_what_the_policy_would_have_seen(run, frames):
    start_ns, encode = run.messages[0][0], FeatureEncoder(DEPLOYMENT)
    for frame in frames:
        stamp_ns = round(1e9 * float(frame[STAMP][0]))
        k = round((stamp_ns - start_ns) / (10 * MS)) - 1
        assert k % 5 == 0
        seen = Observation(stamp_ns, CELL.home, {CAMERA.name: picture(k)}, 'lift the cube')
        assert np.array_equal(frame[FEATURE], encode(seen)[FEATURE])
        assert frame['task'] == 'lift the cube'
        assert np.abs(frame[MEASURED] - frame[FILTERED]).max() < 0.2


def test_frames_for_a_policy_in_degrees_are_in_degrees(recording, frames):
    *arm, gripper = DEPLOYMENT.policy.state_names
    vector = (
        Component(joints=tuple(arm), unit='deg'),
        Component(joints=(gripper,), map=NumberMap(open=0.0, closed=100.0)),
    )
    policy = replace(DEPLOYMENT.policy, state=vector, action=vector)
    other = list(recorded_frames(recording, replace(DEPLOYMENT, policy=policy)))
    assert len(other) == len(frames)
    for frame, plain in zip(other, frames, strict=True):
        for key in (STATE, ACTION):
            assert frame[key][:7] == pytest.approx(np.rad2deg(plain[key][:7]), abs=1e-4)
            assert frame[key][7] == pytest.approx(100 * plain[key][7] / 0.8, abs=1e-4)
        assert np.array_equal(frame[MEASURED], plain[MEASURED])
    units = frame_features(replace(DEPLOYMENT, policy=policy))[ACTION]['units']
    assert units == ['deg'] * 7 + ['100 at 0.8 rad, 0 at 0 rad']


def test_no_time_is_missing_where_the_filter_rests_and_says_little(recording, frames):
    policy = replace(DEPLOYMENT.policy, rate_hz=30.0)
    gaps = []
    found = list(
        recorded_frames(recording, replace(DEPLOYMENT, policy=policy), on_gap=gaps.append)
    )
    assert not gaps
    assert 3 * len(frames) - 2 <= len(found) <= 3 * len(frames)


def test_what_is_seen_does_not_depend_on_how_late_the_filter_tells(run, frames, tmp_path):
    # As on a loaded machine: what the filter says arrives 0.3 s late.
    late = {'action_filter/desired', 'action_filter/action', 'action_filter/status'}
    messages = [
        (ns + 300 * MS * (topic in late), f'/robot/{topic}', message)
        for ns, topic, message in run.messages
    ]
    path = tmp_path / 'late.mcap'
    write_recording(path, sorted(messages, key=lambda one: one[0]))
    found = list(recorded_frames(path, DEPLOYMENT))
    assert len(found) == len(frames)
    # A frame at rest may be of the image before: there are 20 a second.
    stamps = [[float(frame[STAMP][0]) for frame in of] for of in (found, frames)]
    assert stamps[0] == pytest.approx(stamps[1], abs=0.051)


def test_a_recording_becomes_a_dataset_that_lerobot_opens(recording, frames, tmp_path):
    from lerobot.datasets import LeRobotDataset

    output = tmp_path / 'real'
    assert main([str(recording), '--output', str(output), '--only', 'success']) == 0
    dataset = LeRobotDataset('local/real', root=output)
    assert dataset.num_frames == len(frames)
    image = (dataset[4][FEATURE] * 255).round().byte().permute(1, 2, 0).numpy()
    assert np.array_equal(image, frames[4][FEATURE])
    assert dataset[4][ACTION].numpy() == pytest.approx(frames[4][ACTION])
    marks = [bool(frame[PLANNED][0]) for frame in frames]
    assert planned_frames(dataset).tolist() == marks
    assert not all(marks)
    record = json.loads((output / 'meta' / 'vla_episodes.json').read_text())
    assert record['cell_sha256'] == CELL.sha256
    (episode,) = record['episodes']
    assert (episode['seed'], episode['recording']) == ('3', recording.name)


def test_nothing_to_convert_is_one_sentence_and_nothing_is_replaced(recording, tmp_path, capsys):
    output = tmp_path / 'real'
    output.mkdir()
    assert main([str(recording), '--output', str(output)]) == 2
    assert 'nothing was written' in capsys.readouterr().err
    other = tmp_path / 'other'
    assert main([str(recording), '--output', str(other), '--only', 'failure']) == 2
    assert "no recording has the outcome 'failure'" in capsys.readouterr().err
    assert not other.exists()
    broken = tmp_path / 'broken.mcap'
    broken.write_bytes(b'no MCAP at all' * 100)
    with pytest.raises(VlaError, match='MCAP'):
        list(recorded_frames(broken, DEPLOYMENT))


def test_a_conversion_that_fails_leaves_nothing_behind(recording, tmp_path):
    output = tmp_path / 'real'
    other = tmp_path / 'z_other.mcap'
    names = [f'x_{k}' for k in range(len(CELL.joints))]
    write_recording(other, [(0, 'action_filter/action', joint_state(0, names, CELL.home))])
    assert main([str(recording), str(other), '--output', str(output)]) == 2
    assert [path.name for path in tmp_path.iterdir()] == [other.name]
    assert main([str(recording), '--output', str(output)]) == 0
