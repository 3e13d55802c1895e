"""Recorded episodes of a run whose summary is written as rollout writes it."""

import argparse
from dataclasses import replace
import json

from filter_run import DEPLOYMENT, eventful_run
import pytest
from vla_contract.cli.command import write_json
from vla_contract.recordings.testing import write_recording
from vla_policy_server.identity.identify import identity_of
from vla_rollout.diagnosis.alarm import Alarm
from vla_rollout.diagnosis.diagnosis import diagnosed
from vla_rollout.diagnosis.taxonomy import EMPTY_GRASP, LAG
from vla_rollout.episodes.episode import EpisodeResult, summarise
from vla_rollout.episodes.provenance import recorded_settings
from vla_rollout.report.kinds.counted_run import CountedRun
from vla_rollout.report.load_run import load_run
from vla_rollout.report.replay_run import replay_run
from vla_rollout.report.report_runs import main

TIMED_OUT = EpisodeResult(0, False, 'timeout', 2.0, 1, 3, None, None, recording='a.mcap')
ARGUMENTS = {'deployment': 'panda_lift_cube', 'cell': '', 'policy': '', 'task': '', 'backend': ''}


@pytest.fixture(scope='module')
def messages():
    return eventful_run().messages


@pytest.fixture
def folder(messages, tmp_path):
    """A run of one recorded episode, with the recording in it."""
    folder = tmp_path / 'runs' / 'run'
    (folder / 'recordings').mkdir(parents=True)
    write_recording(folder / 'recordings' / 'a.mcap', messages)
    write_summary(folder)
    return folder


def write_summary(folder, identity=None, arguments=None, **more):
    given = argparse.Namespace(**{**ARGUMENTS, **(arguments or {})})
    identity = identity or identity_of(DEPLOYMENT)
    settings = recorded_settings(given, DEPLOYMENT, identity, more)
    write_json(folder / 'summary.json', summarise([diagnosed(TIMED_OUT, [])], settings))


def notes_of(folder):
    return list(replay_run(load_run(folder)).notes)


def test_a_recording_gives_joints_and_interventions(folder):
    recorded = replay_run(load_run(folder))
    assert recorded.notes == ()
    assert recorded.episodes[0].drawing.startswith('<svg ')
    assert recorded.interventions['stop: e stop'] + recorded.interventions['latched: e stop'] > 0


def test_a_recording_beside_the_run_or_where_the_run_says_is_found(folder, tmp_path):
    beside = folder.parent / 'recordings'
    (folder / 'recordings').rename(beside)
    assert replay_run(load_run(folder)).episodes
    beside.rename(tmp_path / 'disk')
    assert not replay_run(load_run(folder)).episodes
    write_summary(folder, recordings=str(tmp_path / 'disk'))
    assert replay_run(load_run(folder)).episodes


def test_a_recording_that_is_gone_is_one_sentence(folder, capsys):
    (folder / 'recordings' / 'a.mcap').unlink()
    (note,) = notes_of(folder)
    assert note.startswith('episode 1: recording not found: a.mcap; looked in ')
    assert main([str(folder)]) == 0
    assert f'<li>{note}</li>' in (folder / 'report.html').read_text()
    assert note in capsys.readouterr().out


def test_of_a_damaged_recording_what_can_be_read_is_shown_and_the_damage_said(folder):
    path = folder / 'recordings' / 'a.mcap'
    data = bytearray(path.read_bytes())
    path.write_bytes(data[: len(data) * 3 // 4])
    recorded = replay_run(load_run(folder))
    (note,) = recorded.notes
    assert note.startswith(f'episode 1: {path} is damaged at byte ')
    assert recorded.episodes
    path.write_bytes(b'no recording')
    (note,) = notes_of(folder)
    assert 'is not a readable MCAP file' in note


def test_a_recording_without_what_was_desired_is_one_sentence(folder, messages):
    old = [message for message in messages if message[1] != 'action_filter/desired']
    write_recording(folder / 'recordings' / 'a.mcap', old)
    (note,) = notes_of(folder)
    assert 'found action_filter/action without action_filter/desired' in note
    write_recording(folder / 'recordings' / 'a.mcap', messages[:1])
    (note,) = notes_of(folder)
    assert 'found no cycle of the action filter' in note


def test_a_cell_that_means_something_else_by_now_is_one_sentence(folder):
    write_summary(folder, replace(identity_of(DEPLOYMENT), cell_sha256='e' * 64))
    (note,) = notes_of(folder)
    assert note.startswith('no joint plots: cell panda_table is not the one of the run: found ')
    assert note.endswith('the run has eeeeeeee')
    assert main([str(folder)]) == 0


@pytest.mark.parametrize(
    ('arguments', 'problem'),
    [
        ({'deployment': 'gone'}, 'gone'),
        ({'deployment': 'a\0b'}, 'is not in config/deployments'),
        ({'deployment': 'runs/gone.yaml'}, 'runs/gone.yaml'),
        ({'cell': 'gone'}, 'gone'),
        ({'deployment': 5}, 'settings.given.deployment: found 5; allowed: str'),
    ],
)
def test_a_deployment_that_is_gone_is_one_sentence(folder, arguments, problem):
    write_summary(folder, arguments=arguments)
    (note,) = notes_of(folder)
    assert note.startswith('no joint plots: the deployment of the run cannot be loaded any more: ')
    assert problem in note


@pytest.mark.parametrize('given', [None, 5, {'deployment': 'x', 'os': 'y'}])
def test_a_run_that_does_not_say_what_named_it_is_one_sentence(folder, given):
    values = json.loads((folder / 'summary.json').read_text())
    values['settings']['given'] = given
    (folder / 'summary.json').write_text(json.dumps(values))
    (note,) = notes_of(folder)
    assert 'settings.given: found' in note


def test_the_alarms_that_are_drawn_are_those_that_rang(folder, monkeypatch):
    drawn = []

    def draw(cell, cycles, alarms_s):
        drawn.append(list(alarms_s))
        return '<svg viewBox="0 0 9 9"></svg>'

    monkeypatch.setattr('vla_rollout.report.replay_run.draw_episode', draw)
    alarms = [Alarm(LAG, 0.37, 0.3, 0.25, 's'), Alarm(EMPTY_GRASP, 1.6, 1.0, 0.5, 'times')]
    settings = json.loads((folder / 'summary.json').read_text())['settings']
    write_json(folder / 'summary.json', summarise([diagnosed(TIMED_OUT, alarms)], settings))
    assert replay_run(load_run(folder)).episodes
    assert drawn == [[0.37, 1.6]]


def test_without_recordings_no_deployment_is_looked_for(tmp_path):
    run = CountedRun(tmp_path, {}, ())
    assert replay_run(run).notes == ()
