from mcap.reader import make_reader
import pytest
from vla_contract.errors import VlaError
from vla_rollout.recording.episode_recorder import EpisodeRecorder
from vla_rollout.recording.mcap_file import McapFile
from vla_rollout.recording.record import Record, Topic
from vla_rollout.recording.ring_buffer import RingBuffer

STATES = Topic('/joint_states', 'std_msgs/msg/Float64', 'float64 data')
TASK = Topic('/instruction', 'std_msgs/msg/String', 'string data', is_latched=True)


def record(k, topic='/joint_states', size=8):
    return Record(topic, k * 10_000_000, bytes([k % 256]) * size)


def make(folder, free_bytes=lambda folder: 10**12, keep_free=0):
    buffer = RingBuffer(500_000_000, 10**6)
    return EpisodeRecorder(folder, [STATES, TASK], buffer, 'none', keep_free, free_bytes)


def read(path):
    with path.open('rb') as stream:
        reader = make_reader(stream, validate_crcs=True)
        messages = [(c.topic, m.log_time, m.data) for _, c, m in reader.iter_messages()]
        notes = {note.name: note.metadata for note in reader.iter_metadata()}
    return messages, notes


def test_an_episode_holds_what_came_between_start_and_stop(tmp_path):
    recorder = make(tmp_path)
    recorder.take(record(0))
    recorder.start('one')
    for k in range(1, 50):
        recorder.take(record(k))
    path = recorder.stop({'seed': '7'})
    recorder.take(record(50))
    messages, notes = read(path)
    assert [time for _, time, _ in messages] == [k * 10_000_000 for k in range(1, 50)]
    assert notes == {'vla': {'seed': '7'}}
    assert not recorder.is_recording


def test_a_latched_value_from_before_belongs_to_the_episode(tmp_path):
    recorder = make(tmp_path)
    recorder.take(record(1, '/instruction'))
    recorder.take(record(2, '/instruction'))
    recorder.start('one')
    messages, _ = read(recorder.stop({}))
    assert [(topic, time) for topic, time, _ in messages] == [('/instruction', 20_000_000)]


def test_what_each_publisher_of_a_shared_topic_said_belongs_to_the_episode(tmp_path):
    frames = Topic('/tf_static', 'std_msgs/msg/String', 'string data', True, is_shared=True)
    recorder = EpisodeRecorder(tmp_path, [frames], RingBuffer(1, 1))
    # What was said again counts once, when it was said last.
    for k, said in enumerate((1, 2, 1)):
        recorder.take(Record('/tf_static', k, bytes([said])))
    recorder.start('one')
    messages, _ = read(recorder.stop({}))
    assert [(time, data) for _, time, data in messages] == [(1, b'\x02'), (2, b'\x01')]
    for k in range(200):
        recorder.take(Record('/tf_static', 3 + k, bytes([k])))
    recorder.start('two')
    messages, _ = read(recorder.stop({}))
    assert len(messages) == 100
    assert messages[-1][1] == 202


def test_the_final_name_appears_with_the_whole_file(tmp_path):
    recorder = make(tmp_path)
    path = recorder.start('one')
    recorder.take(record(1))
    assert [file.name for file in tmp_path.iterdir()] == ['one.mcap.part']
    recorder.stop({})
    assert [file.name for file in tmp_path.iterdir()] == ['one.mcap']
    with pytest.raises(VlaError, match='nothing was written'):
        recorder.start('one')
    assert read(path)[0]


def test_a_discarded_episode_leaves_nothing(tmp_path):
    recorder = make(tmp_path)
    recorder.start('one')
    recorder.take(record(1))
    recorder.discard()
    assert not list(tmp_path.iterdir())
    with pytest.raises(VlaError, match='no episode'):
        recorder.stop({})


def test_a_disk_that_fills_up_ends_the_recording_and_says_so(tmp_path):
    left = [10**12]
    recorder = make(tmp_path, lambda folder: left[0], keep_free=2 * 10**9)
    recorder.start('one')
    recorder.take(record(1))
    left[0] = 10**9
    recorder.take(record(2, size=40_000_000))
    recorder.take(record(3))
    assert not recorder.is_recording
    assert 'nearly full: 1.0 GB free, 2.0 GB are kept' in recorder.failure
    messages, notes = read(tmp_path / 'one.mcap')
    assert len(messages) == 1
    assert 'incomplete' in notes['vla']
    with pytest.raises(VlaError, match='ended early'):
        recorder.stop({})
    with pytest.raises(VlaError, match='nearly full'):
        recorder.start('two')


def test_the_last_seconds_can_be_kept_without_an_episode(tmp_path):
    recorder = make(tmp_path)
    for k in range(200):
        recorder.take(record(k))
    messages, _ = read(recorder.save_last('last'))
    assert [time // 10_000_000 for _, time, _ in messages] == list(range(149, 200))


def test_the_buffer_is_bounded_in_bytes_too():
    buffer = RingBuffer(10**12, 1000)
    for k in range(500):
        buffer.add(record(k, size=30))
    assert buffer.bytes == sum(len(kept.data) for kept in buffer.records()) <= 1000
    assert buffer.records()[-1] == record(499, size=30)


def test_a_file_that_failed_to_be_written_keeps_no_final_name(tmp_path):
    with pytest.raises(KeyError), McapFile(tmp_path / 'a.mcap', [STATES]) as file:
        file.write(Record('/unknown', 0, b''))
    assert not list(tmp_path.iterdir())
