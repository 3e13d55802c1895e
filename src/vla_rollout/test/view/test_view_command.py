"""Which episode `vla view` shows, and what it says where it cannot."""

import argparse
import json
import shutil
import sys

from filter_run import DEPLOYMENT
import pytest
from vla_contract.cli.command import write_json
from vla_contract.errors import ResourceNotFoundError, VlaError
from vla_contract.recordings.testing import write_recording
from vla_policy_server.identity.identify import identity_of
from vla_rollout.episodes.episode import EpisodeResult, summarise
from vla_rollout.episodes.provenance import recorded_settings
from vla_rollout.view.chosen import choose_episode
from vla_rollout.view.rerun.library import load_rerun
from vla_rollout.view.view_run import main
from vla_rollout.view.watched import watch_episode

GIVEN = {'deployment': 'panda_lift_cube', 'cell': '', 'policy': '', 'task': '', 'backend': ''}

ALARMS = ['0.25 s: collision: the arm pushes (pushing 1.2 > 1)']


@pytest.fixture
def run(recording, tmp_path):
    """A run of four episodes, the second and the fourth recorded."""
    folder = tmp_path / 'runs' / 'run'
    (folder / 'recordings').mkdir(parents=True)
    names = [None, 'b.mcap', None, 'd.mcap']
    for name in filter(None, names):
        shutil.copy(recording, folder / 'recordings' / name)
    results = [
        EpisodeResult(seed, True, 'success', 2.0, 1, 3, None, None, recording=name, alarms=ALARMS)
        for seed, name in enumerate(names)
    ]
    settings = recorded_settings(
        argparse.Namespace(**GIVEN), DEPLOYMENT, identity_of(DEPLOYMENT), {}
    )
    write_json(folder / 'summary.json', summarise(results, settings))
    return folder


def test_an_episode_of_a_run_is_seen_with_what_the_run_was_made_with(run):
    chosen = choose_episode(run, 4, {'deployment': 'so101_lift_cube'})
    assert chosen.path == run / 'recordings' / 'd.mcap'
    assert chosen.deployment.cell.name == DEPLOYMENT.cell.name
    assert chosen.name == 'run episode 4'


def test_its_alarms_are_those_that_the_run_tells(run):
    chosen = choose_episode(run, 2, {})
    watched = watch_episode(chosen.path, DEPLOYMENT.cell, chosen.alarms)
    (alarm,) = (word for word in watched.words if 'collision' in word.text)
    assert alarm.time_ns == watched.cycles[0].now_ns + 250_000_000
    assert (alarm.level, alarm.text) == ('ERROR', ALARMS[0])


def test_runs_latest_is_the_run(run):
    latest = run.parent / 'latest'
    latest.symlink_to(run.name)
    assert choose_episode(latest, 2, {}).name == 'run episode 2'


@pytest.mark.parametrize(('episode', 'found'), [(None, '2 episodes'), (1, 'no episode 1')])
def test_of_several_one_has_to_be_named(run, episode, found):
    with pytest.raises(VlaError, match=f'found {found}; allowed: --episode 2, 4'):
        choose_episode(run, episode, {})


def test_the_only_one_needs_no_name(run):
    path = run / 'summary.json'
    values = json.loads(path.read_text())
    values['results'][1]['recording'] = None
    path.write_text(json.dumps(values))
    assert choose_episode(run, None, {}).name == 'run episode 4'


def test_a_run_without_recordings_says_what_makes_them(run):
    path = run / 'summary.json'
    values = json.loads(path.read_text())
    for row in values['results']:
        row['recording'] = None
    path.write_text(json.dumps(values))
    with pytest.raises(VlaError, match='--record makes them'):
        choose_episode(run, None, {})


def test_a_cell_that_has_changed_since_is_said_with_the_way_out(run):
    path = run / 'summary.json'
    values = json.loads(path.read_text())
    values['settings']['identity']['cell_sha256'] = 'f' * 64
    path.write_text(json.dumps(values))
    with pytest.raises(VlaError, match='is not the one of the run.*name its recording'):
        choose_episode(run, 2, {})


def test_a_recording_alone_is_of_the_deployment_that_is_named(recording):
    chosen = choose_episode(recording, None, {'deployment': 'panda_lift_cube'})
    assert (chosen.path, chosen.name) == (recording, 'episode')
    assert chosen.outcome == 'success'


def test_a_folder_of_recordings_is_counted_by_name(run):
    folder = run / 'recordings'
    assert choose_episode(folder, 2, {}).name == 'd'
    with pytest.raises(VlaError, match='found no episode 3; allowed: --episode 1, 2'):
        choose_episode(folder, 3, {})


def test_what_is_not_there_is_said(tmp_path):
    with pytest.raises(ResourceNotFoundError, match='recording not found'):
        choose_episode(tmp_path / 'no', None, {})


def test_a_recording_of_another_robot_is_refused(recording, tmp_path, capsys):
    pytest.importorskip('rerun')
    words = ['--rerun', '--output', str(tmp_path / 'a.rrd'), '--deployment', 'so101_lift_cube']
    assert main([str(recording), *words]) == 2
    assert 'shoulder_pan' in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_an_episode_holds_what_the_filter_took_and_said(takeover, recording):
    watched = watch_episode(recording, DEPLOYMENT.cell)
    assert len(watched.samples) > 100
    assert len(watched.chunks) == 2
    assert len(watched.wishes) == 30
    assert len(watched.commands) == len(takeover.played)
    assert watched.first_plan_ns == next(c.now_ns for c in watched.cycles if c.desired)
    texts = [word.text for word in watched.words]
    assert texts.index('a human commands arm') < texts.index('the policy commands')
    times = [word.time_ns for word in watched.words]
    assert times == sorted(times)


def test_what_a_topic_repeats_is_said_once(takeover, tmp_path):
    """With everything that is recorded beside it, as single actions."""
    joints = [message for message in takeover.messages if message[1] == 'joint_states'][:9]
    last_ns = joints[-1][0]
    action = {
        'positions': [0.0] * len(DEPLOYMENT.cell.joints), 'time_from_start': {'sec': 0},
    }  # fmt: skip
    said = [('e_stop', {'data': True}), ('e_stop', {'data': True}), ('e_stop', {'data': False}),
            ('speed_scale', {'data': 0.5}), ('speed_scale', {'data': 0.5}),
            ('sim/success', {'data': True}), ('fault', {'data': 'jump'}), ('fault', {'data': ''}),
            ('policy_action', action), ('policy_action', action)]  # fmt: skip
    messages = [(last_ns + k, topic, message) for k, (topic, message) in enumerate(said)]
    write_recording(tmp_path / 'a.mcap', [*joints, *messages])
    watched = watch_episode(tmp_path / 'a.mcap', DEPLOYMENT.cell)
    assert [word.text for word in watched.words] == [
        'e-stop pressed', 'e-stop released', 'speed: 50% of the limits',
        'the simulator sees the task done', 'fault: jump', 'the fault is over',
    ]  # fmt: skip


def test_without_the_library_one_sentence_says_how_to_get_it(recording, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, 'rerun', None)
    load_rerun.cache_clear()
    assert main([str(recording), '--rerun', '--output', 'a.rrd']) == 2
    assert "'pip install rerun-sdk==0.41.0'" in capsys.readouterr().err
    load_rerun.cache_clear()


def test_a_viewer_has_to_be_named(recording, capsys):
    with pytest.raises(SystemExit):
        main([str(recording)])
    assert '--rerun' in capsys.readouterr().err
