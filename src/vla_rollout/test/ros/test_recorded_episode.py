import json

import numpy as np
import pytest
from rclpy.serialization import serialize_message
from sensor_msgs.msg import JointState
from std_msgs.msg import String
from vla_action_filter.verdict import Verdict
from vla_contract.deployment.deployment import load_deployment
from vla_contract.errors import VlaError
from vla_contract.ros.messages.images import image_to_msg
from vla_contract.ros.messages.joints import chunk_to_msg, joints_to_msg
from vla_contract.ros.node.diagnostics import Health, OK, status_msg
from vla_contract.values import ActionChunk, JointSample, Observation
from vla_lerobot.features import ACTION, FeatureEncoder, STATE
from vla_rollout.recording.mcap_file import McapFile
from vla_rollout.recording.record import Record, Topic
from vla_rollout.recording.ros.convert_recording import main
from vla_rollout.recording.ros.message_schema import message_schema
from vla_rollout.recording.ros.recorded_cycles import CycleJoiner, replay_cycles
from vla_rollout.recording.ros.recorded_episode import (
    CommandEvent,
    FilterStatusEvent,
    SpeedScaleEvent,
)
from vla_rollout.recording.ros.recorded_frames import FILTERED, MEASURED, recorded_frames, VERDICT
from vla_rollout.recording.topics import recorded_topics

DEPLOYMENT = load_deployment('panda_lift_cube')
CELL = DEPLOYMENT.cell
CAMERA = CELL.cameras[0]
FEATURE = DEPLOYMENT.policy.cameras[0].feature
MS = 1_000_000


class Kept:
    """Observes and keeps everything."""

    def restart(self):
        self.chunks, self.cycles = [], []

    def see_chunk(self, chunk):
        self.chunks.append(chunk)

    def see_cycle(self, cycle):
        self.cycles.append(cycle)


def picture(k):
    rng = np.random.default_rng(k)
    return rng.integers(0, 256, (CAMERA.height, CAMERA.width, 3), np.uint8)


def position(k):
    return CELL.home + 0.001 * k


@pytest.fixture(scope='module')
def recording(tmp_path_factory):
    """Two seconds: joints and actions at 100 Hz, images at 20 Hz, a chunk after half a second."""
    path = tmp_path_factory.mktemp('rec') / 'episode.mcap'
    names = CELL.joint_names
    kinds = recorded_topics(CELL, '')
    topics = [Topic(f'/robot/{name}', kind, message_schema(kind)) for name, kind in kinds.items()]
    chunk = ActionChunk(500 * MS, 100 * MS, CELL.home + 0.01 * np.arange(16)[:, None])
    with McapFile(path, topics) as file:

        def write(ms, topic, message):
            file.write(Record(f'/robot/{topic}', ms * MS, serialize_message(message)))

        write(1, 'instruction', String(data='lift the cube'))
        for k in range(200):
            sample = JointSample(10 * k * MS, position(k), np.zeros(8))
            # Arm and gripper have drivers of their own.
            whole = joints_to_msg(sample, names)
            for part in (slice(7), slice(7, 8)):
                message = JointState(header=whole.header, name=whole.name[part])
                message.position = whole.position[part]
                write(10 * k + 1, 'joint_states', message)
            if k % 5 == 0:
                message = image_to_msg(picture(k), 10 * k * MS, CAMERA.frame)
                write(10 * k + 2, f'{CAMERA.topic}/image_raw', message)
            if k == 55:
                write(10 * k + 3, 'policy_chunk', chunk_to_msg(chunk, names))
            verdict = 'pass' if k >= 55 else 'hold: no chunk'
            status = status_msg('action_filter', Health(OK, verdict, {}))
            write(10 * k + 4, 'action_filter/status', status)
            action = JointSample(10 * k * MS, position(k) + 0.5, np.zeros(8))
            write(10 * k + 5, 'action_filter/action', joints_to_msg(action, names))
        file.annotate('vla', {'outcome': 'success', 'seed': '3', 'recording': 'null'})
    return path


def test_cycles_join_the_newest_of_every_stream(recording):
    kept = Kept()
    replay_cycles(recording, CELL, kept)
    assert len(kept.chunks) == 1
    assert len(kept.cycles) == 200
    before, after = kept.cycles[54], kept.cycles[100]
    assert (before.verdict, before.reason, before.desired) == (Verdict.HOLD, 'no chunk', None)
    assert after.verdict is Verdict.PASS
    assert after.joints.position == pytest.approx(position(100))
    assert after.command == pytest.approx(position(100) + 0.5)
    assert after.desired == pytest.approx(CELL.home + 0.01 * 5.05)


def slowed_cycles(verdicts):
    """Return a cycle per verdict, 10 ms apart, of an arm with a tenth of its speed and a chunk."""
    kept = Kept()
    kept.restart()
    joiner = CycleJoiner(CELL, kept)
    chunk = ActionChunk(0, 100 * MS, CELL.home + 0.1 * np.arange(16)[:, None])
    for payload in (SpeedScaleEvent(0.1), JointSample(0, CELL.home, np.zeros(8)), chunk):
        joiner.take(0, payload)
    for k, verdict in enumerate(verdicts):
        joiner.take(10 * k * MS, FilterStatusEvent(verdict, ''))
        joiner.take(10 * k * MS, CommandEvent(CELL.home))
    return kept.cycles


def test_slowed_down_the_wish_waits_for_the_arm_as_it_does_in_the_filter():
    cycles = slowed_cycles([Verdict.CLAMP] * 100)
    ways = np.array([cycle.desired - CELL.home for cycle in cycles])[:, CELL.arm]
    limits = np.array([CELL.joints[i].velocity for i in CELL.arm])
    assert (np.diff(ways, axis=0)[1:] / 0.01 <= 0.1 * limits).all()
    last = cycles[-1]
    assert ways[-1] == pytest.approx(1e-9 * last.plan_ns, abs=1e-3)
    assert last.plan_ns < 0.3 * last.now_ns


def test_slowed_down_the_time_of_a_hold_is_none_for_which_the_plan_waited():
    cycles = slowed_cycles([Verdict.CLAMP] * 30 + [Verdict.HOLD] * 70)
    lags = np.array([cycle.now_ns - cycle.plan_ns for cycle in cycles])
    assert (np.diff(lags[1:30]) > 0).all()
    assert (np.diff(lags[29:]) == 0).all()


def test_frames_are_what_the_policy_would_have_seen(recording):
    frames = list(recorded_frames(recording, DEPLOYMENT))
    assert len(frames) == 15  # from the chunk at 0.55 s on, ten a second
    encode = FeatureEncoder(DEPLOYMENT)
    for number, frame in enumerate(frames):
        stamp_ms = round(1e3 * float(frame['record.stamp_s'][0]))
        k = stamp_ms // 10
        assert stamp_ms % 50 == 0
        seen = Observation(stamp_ms * MS, position(k), {CAMERA.name: picture(k)}, 'lift the cube')
        expected = encode(seen)
        assert np.array_equal(frame[FEATURE], expected[FEATURE])
        assert frame[STATE] == pytest.approx(expected[STATE])
        due_s = 0.553 + 0.1 * number
        assert frame[ACTION] == pytest.approx(CELL.home + 0.1 * (due_s - 0.5), abs=2e-3)
        assert frame[FILTERED] - frame[MEASURED] == pytest.approx(0.5, abs=2e-3)
        assert frame['task'] == 'lift the cube'
        assert frame[VERDICT][0] in (int(Verdict.HOLD), int(Verdict.PASS))


def test_a_recording_becomes_a_dataset_that_lerobot_opens(recording, tmp_path):
    from lerobot.datasets import LeRobotDataset

    output = tmp_path / 'real'
    assert main([str(recording), '--output', str(output), '--only', 'success']) == 0
    dataset = LeRobotDataset('local/real', root=output)
    frames = list(recorded_frames(recording, DEPLOYMENT))
    assert dataset.num_frames == len(frames)
    image = (dataset[4][FEATURE] * 255).round().byte().permute(1, 2, 0).numpy()
    assert np.array_equal(image, frames[4][FEATURE])
    assert dataset[4][ACTION].numpy() == pytest.approx(frames[4][ACTION])
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
    broken.write_bytes(recording.read_bytes()[:2000])
    with pytest.raises(VlaError, match='not a readable MCAP'):
        list(recorded_frames(broken, DEPLOYMENT))
