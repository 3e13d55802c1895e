"""The report of a rollout with recordings, which the recorder puts where its parameter says."""

from collections.abc import Iterator
from pathlib import Path

from bare_robot import Robot
import pytest
from vla_rollout.recording.ros.recorder_node import Recorder
from vla_rollout.report.load_run import load_run
from vla_rollout.report.replay_run import replay_run
from vla_rollout.report.report_runs import main


@pytest.fixture
def recorder(robot: Robot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    """A recorder beside the robot, with its default folder, runs/recordings."""
    monkeypatch.chdir(tmp_path)
    recorder = Recorder()
    recorder.trigger_configure()
    recorder.trigger_activate()
    robot.executor.add_node(recorder)
    yield recorder
    robot.executor.remove_node(recorder)
    recorder.shut_down()
    recorder.destroy_node()


def test_the_recording_of_a_rollout_is_found_and_read(robot, recorder, start, tmp_path):
    rollout = start('--episodes', '2', '--time-limit-s', '3600', '--record')
    robot.order_when_allowed('start')
    robot.order_when_allowed('failure')
    robot.order_when_allowed('start')
    robot.order_when_allowed('stop')
    assert rollout.finish() == 0, rollout.said
    recordings = tmp_path / 'runs' / 'recordings'
    assert len(list(recordings.glob('*.mcap'))) == 2
    (folder,) = [path for path in (tmp_path / 'runs').glob('*-rollout') if not path.is_symlink()]
    run = load_run(folder)
    assert [row.cause.mode for row in run.episodes] == ['operator stop', 'not counted']
    # This robot publishes no command: the recordings are read, and that is what they say.
    for note, number in zip(replay_run(run).notes, (1, 2), strict=True):
        assert note.startswith(f'episode {number}: {recordings}')
        assert note.endswith('found no cycle of the action filter')
    assert main([str(folder)]) == 0
    page = (folder / 'report.html').read_text()
    assert 'success 0/1 (0%' in page
    assert 'not counted: stop' in page
