import json

from mcap.writer import Writer
import numpy as np
import pytest
from rclpy.serialization import serialize_message
from std_msgs.msg import String
from vla_action_filter.replay.ros.recording import read_recording
from vla_action_filter.replay.ros.replay_filter import main
from vla_action_filter.replay.stream import Fault
from vla_action_filter.replay.synthetic_stream import synthetic_stream
from vla_contract.deployment.cell import load_cell
from vla_contract.errors import ResourceNotFoundError, VlaError
from vla_contract.ros.messages.joints import chunk_to_msg, joints_to_msg
from vla_contract.values import ActionChunk, JointSample, to_ns

CELL = load_cell('panda_table')
TYPES = {
    'joint_states': 'sensor_msgs/msg/JointState',
    'policy_chunk': 'trajectory_msgs/msg/JointTrajectory',
    'fault': 'std_msgs/msg/String',
}


def write_bag(path, messages) -> None:
    """Write (time_ns, topic, message) as ros2 bag does: CDR in MCAP."""
    with path.open('wb') as stream:
        writer = Writer(stream)
        writer.start()
        channels = {}
        for time_ns, topic, message in messages:
            if topic not in channels:
                kind = TYPES[topic.rsplit('/', 1)[-1]]
                schema = writer.register_schema(kind, 'ros2msg', b'')
                channels[topic] = writer.register_channel(topic, 'cdr', schema)
            data = serialize_message(message)
            writer.add_message(channels[topic], time_ns, data, time_ns)
        writer.finish()


def first_seconds(seconds: float) -> list:
    """Return the beginning of the synthetic minute as messages, in a namespace."""
    messages = []
    for event in synthetic_stream(CELL):
        if event.time_ns > to_ns(seconds):
            break
        if isinstance(event.payload, JointSample):
            message = joints_to_msg(event.payload, CELL.joint_names)
            messages.append((event.time_ns, '/left/joint_states', message))
        elif isinstance(event.payload, ActionChunk):
            message = chunk_to_msg(event.payload, CELL.joint_names)
            messages.append((event.time_ns, '/left/policy_chunk', message))
        elif isinstance(event.payload, Fault):
            messages.append((event.time_ns, '/fault', String(data=event.payload.cause)))
    return messages


@pytest.fixture(scope='module')
def bag(tmp_path_factory):
    path = tmp_path_factory.mktemp('bag') / 'run.mcap'
    write_bag(path, first_seconds(14.0))
    return path


def test_a_bag_is_read_back_as_the_same_events(bag):
    events = read_recording(bag, CELL)
    expected = [e for e in synthetic_stream(CELL) if e.time_ns <= to_ns(14.0)]
    assert [event.time_ns for event in events] == [event.time_ns for event in expected]
    chunks = [e.payload for e in events if isinstance(e.payload, ActionChunk)]
    originals = [e.payload for e in expected if isinstance(e.payload, ActionChunk)]
    assert all(
        np.array_equal(a.positions, b.positions) for a, b in zip(chunks, originals, strict=True)
    )
    assert len(read_recording(bag.parent, CELL)) == len(events)


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
    with pytest.raises(VlaError, match='not a readable MCAP'):
        read_recording(text, CELL)
    other = tmp_path / 'other.mcap'
    TYPES['chatter'] = 'std_msgs/msg/String'
    write_bag(other, [(0, '/chatter', String(data='x'))])
    with pytest.raises(VlaError, match='found no topic of the filter'):
        read_recording(other, CELL)
    config = tmp_path / 'filter.yaml'
    config.write_text('alpha: 7\n')
    assert main(['synthetic', '--config', str(config)]) == 2
    assert 'alpha: found 7' in capsys.readouterr().err
