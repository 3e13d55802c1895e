"""Who commanded, out of a recording: cycle by cycle, and in the frames for training."""

from itertools import pairwise

from filter_run import CELL, DEPLOYMENT, takeover_run, write_takeover
import numpy as np
import pytest
from vla_action_filter.config import FilterConfig
from vla_action_filter.replay.recording import read_recording
from vla_action_filter.replay.replay import replay
from vla_contract.recordings.testing import write_recording
from vla_lerobot.dataset_checks.roles import episode_roles
from vla_lerobot.features import ACTION
from vla_lerobot.record_columns import INTERVENTION, PLANNED, STAMP
from vla_rollout.recording.convert_recording import main
from vla_rollout.recording.cycles import replay_cycles
from vla_rollout.recording.frames import recorded_frames


@pytest.fixture(scope='module')
def run():
    return takeover_run()


@pytest.fixture(scope='module')
def recording(run, tmp_path_factory):
    return write_takeover(run, tmp_path_factory.mktemp('takeover'))


class Cycles(list):
    """Observes and keeps cycles."""

    def restart(self):
        self.clear()

    def see_chunk(self, chunk):
        pass

    def see_cycle(self, cycle):
        self.append(cycle)


def test_every_cycle_says_who_commanded_it(run, recording):
    cycles = Cycles()
    replay_cycles(recording, CELL, cycles)
    found = {cycle.now_ns: cycle.human for cycle in cycles}
    compared = [(found[ns], human) for ns, human in run.humans.items() if ns in found]
    assert len(compared) > 150
    assert all(said == human for said, human in compared)
    assert {human for _, human in compared} == {(), ('arm',)}


def test_what_was_sent_before_the_first_status_is_of_who_it_says(run, tmp_path):
    """A recorder that begins between two words of the filter."""
    told = [ns for ns, topic, _ in run.messages if topic == 'action_filter/status']
    led = [ns for ns, human in run.humans.items() if human]
    while_led = [ns for ns in told if led[0] < ns < led[-1]]
    begin_ns, first_ns = max(pairwise(while_led), key=lambda pair: pair[1] - pair[0])
    late = [message for message in run.messages if message[0] > begin_ns]
    path = tmp_path / 'late.mcap'
    write_recording(path, late)
    cycles = Cycles()
    replay_cycles(path, CELL, cycles)
    before = [cycle for cycle in cycles if cycle.now_ns < first_ns]
    assert len(before) >= 3
    assert {cycle.human for cycle in before} == {('arm',)}


def test_frames_of_the_hand_are_marked_and_say_what_it_wanted(recording):
    frames = list(recorded_frames(recording, DEPLOYMENT))
    led = [bool(frame[INTERVENTION][0]) for frame in frames]
    assert 4 <= sum(led) <= 8
    assert not led[0]
    assert not led[-1]
    wanted = [float(frame[ACTION][0]) for frame, is_led in zip(frames, led, strict=True) if is_led]
    assert wanted[1:] == sorted(wanted[1:], reverse=True)
    after = [frame for frame in frames if frame[STAMP][0] > max(
        frame[STAMP][0] for frame, is_led in zip(frames, led, strict=True) if is_led
    )]  # fmt: skip
    # Until the policy has seen what the hand did, nobody asks for anything.
    assert not after[0][PLANNED][0]
    assert after[-1][PLANNED][0]


def test_a_converted_takeover_is_a_corrected_episode(recording, tmp_path):
    datasets = pytest.importorskip('lerobot.datasets.lerobot_dataset')
    target = tmp_path / 'dataset'
    assert main([str(recording), '--output', str(target)]) == 0
    dataset = datasets.LeRobotDataset('local/takeover', root=target)
    roles = episode_roles(dataset)
    assert roles.corrected == (0,)
    assert 4 <= roles.is_correction.sum() <= 8


def test_a_replay_takes_over_and_gives_back_where_the_recording_does(run, recording):
    stream = read_recording(recording, CELL)
    trace = replay(CELL, FilterConfig(arming_s=0.0), stream.events)
    assert trace.report['takeovers'] == trace.report['hand_backs'] == 1
    assert not trace.refused
    played = np.array([played.command[0] for played in run.played])
    assert trace.command[:, 0].min() == pytest.approx(played.min(), abs=0.03)
    assert trace.command[-1, 0] == pytest.approx(played[-1], abs=0.05)
