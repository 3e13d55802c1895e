import json

import numpy as np
import pytest
from vla_action_filter.config import FilterConfig
from vla_action_filter.replay.recording import read_recording
from vla_action_filter.replay.replay_filter import main
from vla_action_filter.replay.synthetic_stream import synthetic_stream
from vla_contract.deployment.cell import load_cell
from vla_contract.errors import ResourceNotFoundError, VlaError
from vla_contract.recordings.events import EStopEvent, FaultEvent, SingleActionEvent
from vla_contract.recordings.testing import (
    joint_state,
    joint_trajectory,
    stamp,
    write_recording,
)
from vla_contract.values import ActionChunk, JointSample, to_ns

CELL = load_cell('panda_table')


def first_seconds(seconds: float, space: str = '/left') -> list:
    """Return the beginning of the synthetic minute as messages, in a namespace."""
    names = CELL.joint_names
    messages = []
    for event in synthetic_stream(CELL):
        time_ns, payload = event.time_ns, event.payload
        if time_ns > to_ns(seconds):
            break
        if isinstance(payload, JointSample):
            effort = () if payload.effort is None else payload.effort
            state = joint_state(
                payload.stamp_ns, names, payload.position, payload.velocity, effort
            )
            messages.append((time_ns, f'{space}/joint_states', state))
        elif isinstance(payload, ActionChunk):
            message = joint_trajectory(payload, names)
            messages.append((time_ns, f'{space}/policy_chunk', message))
        elif isinstance(payload, FaultEvent):
            messages.append((time_ns, '/fault', {'data': payload.cause}))
    return messages


def with_actions(messages: list, space: str = '/left') -> list:
    """Add the single actions that a policy server publishes beside its chunks, at 10 Hz."""
    action = {'positions': CELL.home.tolist(), 'time_from_start': stamp(to_ns(0.1))}
    times = range(to_ns(0.5), messages[-1][0], to_ns(0.1))
    return sorted(
        [*messages, *((ns, f'{space}/policy_action', action) for ns in times)],
        key=lambda each: each[0],
    )


@pytest.fixture(scope='module')
def bag(tmp_path_factory):
    path = tmp_path_factory.mktemp('bag') / 'run.mcap'
    write_recording(path, first_seconds(14.0))
    return path


def test_a_bag_is_read_back_as_the_same_events(bag):
    events = read_recording(bag, CELL).events
    expected = [e for e in synthetic_stream(CELL) if e.time_ns <= to_ns(14.0)]
    assert [event.time_ns for event in events] == [event.time_ns for event in expected]
    chunks = [e.payload for e in events if isinstance(e.payload, ActionChunk)]
    originals = [e.payload for e in expected if isinstance(e.payload, ActionChunk)]
    assert all(
        np.array_equal(a.positions, b.positions) for a, b in zip(chunks, originals, strict=True)
    )
    assert len(read_recording(bag.parent, CELL).events) == len(events)


def test_a_bag_is_scored_and_plotted(bag, tmp_path, capsys):
    out = tmp_path / 'score.json'
    plot = tmp_path / 'replay.png'
    assert main([str(bag), '--json', str(out), '--plot', str(plot)]) == 0
    figures = json.loads(out.read_text())
    assert figures['false_stop_percent'] == 0.0
    assert figures['faults'][0]['cause'] == 'policy silent'
    assert figures['faults'][0]['hold_percent'] > 90.0
    assert plot.stat().st_size > 10_000
    assert 'policy silent' in capsys.readouterr().out


def test_a_filter_that_stops_falsely_fails(bag, tmp_path):
    strict = tmp_path / 'filter.yaml'
    strict.write_text('/**:\n  ros__parameters:\n    reject_jump_s: 0.0\n    reject_chunks: 1\n')
    assert main([str(bag), '--config', str(strict)]) == 1


def test_wrong_input_is_one_sentence(tmp_path, capsys):
    with pytest.raises(ResourceNotFoundError, match='nothing.mcap'):
        read_recording(tmp_path / 'nothing.mcap', CELL)
    text = tmp_path / 'text.mcap'
    text.write_text('hello')
    with pytest.raises(VlaError, match='not a readable MCAP file'):
        read_recording(text, CELL)
    other = tmp_path / 'other.mcap'
    write_recording(other, [(0, '/chatter', {'data': 'x'})], {'/chatter': 'std_msgs/msg/String'})
    with pytest.raises(VlaError, match='found no topic of the filter'):
        read_recording(other, CELL)
    config = tmp_path / 'filter.yaml'
    config.write_text('alpha: 7\n')
    assert main(['synthetic', '--config', str(config)]) == 2
    assert 'alpha: found 7' in capsys.readouterr().err


def test_only_the_input_that_the_filter_has_is_replayed(tmp_path, capsys):
    path = tmp_path / 'both.mcap'
    write_recording(path, with_actions(first_seconds(14.0)))
    chunks = read_recording(path, CELL).events
    assert not [event for event in chunks if isinstance(event.payload, SingleActionEvent)]
    actions = read_recording(path, CELL, FilterConfig(input='policy_action')).events
    assert not [event for event in actions if isinstance(event.payload, ActionChunk)]
    assert [event for event in actions if isinstance(event.payload, SingleActionEvent)]
    out = tmp_path / 'score.json'
    assert main([str(path), '--json', str(out)]) == 0
    figures = json.loads(out.read_text())
    assert (figures['input'], figures['refused']) == ('policy_chunk', {})
    assert figures['offered'] == len([e for e in chunks if isinstance(e.payload, ActionChunk)])
    settings = tmp_path / 'filter.yaml'
    settings.write_text('input: policy_action\n')
    main([str(path), '--config', str(settings), '--json', str(out)])
    figures = json.loads(out.read_text())
    assert (figures['input'], figures['refused']) == ('policy_action', {})
    assert figures['offered'] == len(
        [e for e in actions if isinstance(e.payload, SingleActionEvent)]
    )


def test_a_replay_that_refuses_most_of_its_input_fails_and_says_so(tmp_path, capsys):
    messages = first_seconds(14.0)
    chunks = [each for each in messages if each[1].endswith('policy_chunk')]
    for _, _, message in chunks[1:]:
        message['points'] = message['points'][:0]
    path = tmp_path / 'empty.mcap'
    write_recording(path, messages)
    assert main([str(path)]) == 1
    said = capsys.readouterr().err
    count = len(chunks)
    assert f'error: {count - 1} of {count} messages of policy_chunk were refused' in said
    for _, _, message in chunks[1:]:
        message['points'] = message['points'][:1]
        message['joint_names'] = ['other'] * 8
    write_recording(path, messages)
    assert main([str(path)]) == 1
    assert f'refused ({count - 1} times: not of this robot)' in capsys.readouterr().err


def test_one_of_two_robots_is_replayed_by_its_namespace(tmp_path, capsys):
    path = tmp_path / 'two.mcap'
    second = [(ns + 1, topic.replace('left', 'right'), m) for ns, topic, m in first_seconds(3.0)]
    second = [each for each in second if each[1] != '/fault']
    write_recording(path, [*first_seconds(3.0), *second, (5, '/right/e_stop', {'data': True})])
    assert main([str(path)]) == 2
    assert 'in the namespaces /left, /right; name one' in capsys.readouterr().err
    left = read_recording(path, CELL, namespace='left').events
    assert not [event for event in left if isinstance(event.payload, EStopEvent)]
    right = read_recording(path, CELL, namespace='/right').events
    assert [event.payload for event in right if isinstance(event.payload, EStopEvent)] == [
        EStopEvent(True)
    ]
    assert main([str(path), '--namespace', 'left']) in (0, 1)


def test_damage_is_in_the_figures(bag, tmp_path, capsys):
    cut = tmp_path / 'cut.mcap.part'
    cut.write_bytes(bag.read_bytes()[:-200])
    out = tmp_path / 'score.json'
    main([str(cut), '--json', str(out)])
    assert 'is damaged at byte' in json.loads(out.read_text())['damages'][0]
