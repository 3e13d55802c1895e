from dataclasses import replace

import cv2
from episode_messages import episode, image, joints, MS
from mcap.writer import Writer
import numpy as np
import pytest
from vla_contract.deployment.placing import PlacedRobot
from vla_contract.errors import ResourceNotFoundError, UnknownNameError, VlaError
from vla_contract.filter_status import FilterStatus, Reason, Verdict
from vla_contract.recordings.definitions import definition
from vla_contract.recordings.events import (
    CommandEvent,
    DesiredEvent,
    EncodedImageEvent,
    EStopEvent,
    FaultEvent,
    ImageEvent,
    InstructionEvent,
    ObjectPoseEvent,
    SingleActionEvent,
    SpeedScaleEvent,
    SuccessEvent,
)
from vla_contract.recordings.read_events import read_events
from vla_contract.recordings.testing import header, joint_state, write_recording
from vla_contract.values import ActionChunk, JointSample


def of_kind(events, kind):
    return [event.payload for event in events if isinstance(event.payload, kind)]


def test_every_topic_becomes_its_event(recording, cell):
    events = list(read_events(recording, cell))
    assert of_kind(events, InstructionEvent) == [InstructionEvent('lift the cube')]
    assert of_kind(events, EStopEvent) == [EStopEvent(True)]
    assert of_kind(events, SpeedScaleEvent) == [SpeedScaleEvent(0.5)]
    assert of_kind(events, SuccessEvent) == [SuccessEvent(False)]
    assert of_kind(events, FaultEvent) == [FaultEvent('jump')]
    (status,) = of_kind(events, FilterStatus)
    assert status == FilterStatus(Verdict.HOLD, Reason('no chunk: yet'), state='ACTIVE')
    assert status.message == 'hold: no chunk: yet'
    (chunk,) = of_kind(events, ActionChunk)
    assert (chunk.stamp_ns, chunk.period_ns) == (20 * MS, 100 * MS)
    assert np.array_equal(chunk.positions, cell.home + 0.01 * np.arange(3)[:, None])
    (action,) = of_kind(events, SingleActionEvent)
    assert (action.duration_ns, action.position.tolist()) == (7, cell.home.tolist())
    (command,) = of_kind(events, CommandEvent)
    assert (command.stamp_ns, command.command.tolist()) == (60 * MS, (cell.home + 0.5).tolist())
    asked, nothing = of_kind(events, DesiredEvent)
    assert (asked.stamp_ns, asked.position.tolist()) == (60 * MS, cell.home.tolist())
    assert asked.velocity.tolist() == (cell.home + 1.0).tolist()
    assert (nothing.stamp_ns, nothing.position, nothing.velocity) == (70 * MS, None, None)
    (pose,) = of_kind(events, ObjectPoseEvent)
    assert (pose.stamp_ns, pose.pose.tolist()) == (55 * MS, [0.3, 0, 0, 0, 0, 0, 1])
    (shown,) = of_kind(events, ImageEvent)
    assert (shown.camera, shown.stamp_ns) == (cell.cameras[0].name, 40 * MS)
    assert shown.image.reshape(-1).tolist() == list(range(48))
    samples = of_kind(events, JointSample)
    assert [sample.stamp_ns for sample in samples] == [ms * MS for ms in range(0, 200, 10)]
    assert np.allclose(samples[5].position, cell.home + 0.05)


def test_two_drivers_that_use_the_same_names_are_told_apart(cell, tmp_path):
    robots = tuple(
        PlacedRobot(cell.robot, f'{side}_', side, drivers_own_names=True)
        for side in ('left', 'right')
    )
    pair = replace(cell, robots=robots)
    samples = {
        f'/{side}/joint_states': joint_state(0, cell.joint_names, cell.home + shift)
        for side, shift in (('left', 0.0), ('right', 0.1))
    }
    write_recording(tmp_path / 'a.mcap', [(0, topic, msg) for topic, msg in samples.items()])
    (sample,) = of_kind(read_events(tmp_path / 'a.mcap', pair, with_images=False), JointSample)
    expected = np.concatenate([cell.home, cell.home + 0.1])
    assert sample.position == pytest.approx(expected)


def test_only_what_is_asked_for_is_read(recording, cell):
    events = list(read_events(recording, cell, with_images=False, topics=('e_stop',)))
    assert [event.payload for event in events] == [EStopEvent(True)]
    with pytest.raises(UnknownNameError, match="'estop' is not in recordings; did you mean e_"):
        next(read_events(recording, cell, topics=('estop',)))


def test_a_velocity_that_is_not_there_is_unknown(cell, tmp_path):
    path = tmp_path / 'a.mcap'
    asked = joint_state(0, cell.joint_names, cell.home)
    write_recording(path, [(0, '/action_filter/desired', asked)])
    ((event),) = read_events(path, cell)
    assert event.payload.velocity is None


def test_compressed_images_stay_as_they_are_where_that_is_asked_for(cell, tmp_path):
    _, data = cv2.imencode('.png', np.zeros((4, 6, 3), np.uint8))
    message = {'header': header(5), 'format': 'png', 'data': data.tobytes()}
    path, topic = tmp_path / 'png.mcap', f'{cell.cameras[0].topic}/image_raw/compressed'
    write_recording(path, [(9, topic, message)])
    (found,) = read_events(path, cell, keep_encoded=True)
    assert found.payload == EncodedImageEvent(cell.cameras[0].name, 5, data.tobytes())


def test_compressed_images_are_decoded_where_there_are_no_raw_ones(cell, tmp_path):
    topic = f'/{cell.cameras[0].topic}/image_raw'
    picture = np.random.default_rng(0).integers(0, 256, (8, 6, 3), np.uint8)
    png = cv2.imencode('.png', picture[:, :, ::-1])[1].tobytes()
    message = {'header': header(9, 'optical'), 'format': 'png', 'data': png}
    path = tmp_path / 'a.mcap'
    write_recording(path, [(1, f'{topic}/compressed', message)])
    ((event),) = read_events(path, cell)
    assert event.payload.stamp_ns == 9
    assert np.array_equal(event.payload.image, picture)
    write_recording(path, [(1, f'{topic}/compressed', message), (2, topic, image(0))])
    ((event),) = read_events(path, cell)
    assert event.now_ns == 2


def test_arm_and_gripper_of_separate_drivers_are_one_sample(cell, tmp_path):
    names, home = cell.joint_names, cell.home
    path = tmp_path / 'a.mcap'
    write_recording(path, [
        (1, '/joint_states', joint_state(1, names[:7], home[:7])),
        (2, '/joint_states', joint_state(2, names[7:], home[7:])),
    ])  # fmt: skip
    (event,) = read_events(path, cell)
    assert event.now_ns == 2
    assert event.payload.position.tolist() == home.tolist()


def test_messages_come_in_order_of_time_over_blocks_and_files(cell, tmp_path):
    times = np.random.default_rng(3).permutation(300)
    for part in range(3):
        messages = [(int(t) * MS, '/joint_states', joints(cell, int(t))) for t in times[part::3]]
        write_recording(tmp_path / f'bag_{part}.mcap', messages, chunk_size=2000)
    (tmp_path / 'metadata.yaml').write_text(
        'rosbag2_bagfile_information:\n  storage_identifier: mcap\n  compression_mode: ""\n'
    )
    events = list(read_events(tmp_path, cell))
    assert [event.now_ns for event in events] == [k * MS for k in range(300)]


def test_a_topic_of_another_type_is_refused(cell, tmp_path):
    path = tmp_path / 'a.mcap'
    write_recording(path, [(0, '/left/e_stop', {'data': 1.0})], {
        '/left/e_stop': 'std_msgs/msg/Float64'
    })  # fmt: skip
    with pytest.raises(
        VlaError,
        match=r"a.mcap: /left/e_stop: type: found 'std_msgs/msg/Float64'; "
        r'allowed: std_msgs/msg/Bool',
    ):
        list(read_events(path, cell))


@pytest.mark.parametrize(
    ('text', 'problem'),
    [
        ('float32 data', 'std_msgs/msg/Float64.data: found float32; allowed: float64'),
        ('float64 value', 'std_msgs/msg/Float64.data: found nothing; allowed: float64'),
        ('float64[] data', r'data: found float64\[\]; allowed: float64'),
        ('float64 DATA=1\nuint8 x', 'data: found nothing; allowed: float64'),
    ],
)
def test_a_type_with_other_fields_is_refused(cell, tmp_path, text, problem):
    path = tmp_path / 'a.mcap'
    types = {'std_msgs/msg/Float64': text}
    data = [1.0] if '[]' in text else 1.0
    write_recording(path, [(0, '/speed_scale', {'data': data})], definitions=types)
    with pytest.raises(VlaError, match=problem):
        list(read_events(path, cell))


def test_a_nested_type_with_other_fields_is_refused(cell, tmp_path):
    path = tmp_path / 'a.mcap'
    text = (
        'Header header\nstring[] name\nfloat64[] position\nfloat64[] velocity\nfloat64[] effort\n'
        '===\nMSG: sensor_msgs/Header\nuint64 stamp'
    )
    definitions = {'sensor_msgs/msg/JointState': text}
    write_recording(path, [(0, '/joint_states', {'header': {}})], definitions=definitions)
    with pytest.raises(VlaError, match='header.stamp.sec: found uint64; allowed: int32'):
        list(read_events(path, cell))


def test_more_fields_than_are_read_do_no_harm(cell, tmp_path):
    path = tmp_path / 'a.mcap'
    text = '# a comment\nint32 first 7\nfloat64 data 0.5  # its value\nstring<=10 last'
    definitions = {'std_msgs/msg/Float64': text}
    message = {'first': 3, 'data': 0.25, 'last': 'x'}
    write_recording(path, [(0, '/speed_scale', message)], definitions=definitions)
    ((event),) = read_events(path, cell)
    assert event.payload == SpeedScaleEvent(0.25)


def test_a_message_that_does_not_fit_the_cell_ends_the_reading_or_is_left_out(cell, tmp_path):
    path = tmp_path / 'a.mcap'
    short = joint_state(0, cell.joint_names[:3], cell.home[:3])
    whole = joint_state(1, cell.joint_names, cell.home)
    write_recording(
        path, [(0, '/action_filter/action', short), (1, '/action_filter/action', whole)]
    )
    with pytest.raises(VlaError, match='a.mcap at 0: action_filter/action: missing panda_joint4'):
        list(read_events(path, cell))
    refused = []
    events = read_events(path, cell, on_refused=lambda topic, error: refused.append(topic))
    assert [event.now_ns for event in events] == [1]
    assert refused == ['action_filter/action']


def test_two_robots_are_told_apart(cell, tmp_path):
    path = tmp_path / 'a.mcap'
    left = episode(cell, '/left')
    right = [
        (ns, topic.replace('/left', '/lab/right'), {'data': 'right'})
        for ns, topic, _ in left
        if topic.endswith('instruction')
    ]
    write_recording(path, [*left, *right, (5, '/speed_scale', {'data': 1.0})])
    with pytest.raises(
        VlaError, match='several robots, in the namespaces /, /lab/right, /left; name one of them'
    ):
        list(read_events(path, cell))
    events = list(read_events(path, cell, 'lab/right'))
    assert [event.payload for event in events] == [InstructionEvent('right')]
    found = list(read_events(path, cell, '/left'))
    assert len(found) == len(left)
    assert InstructionEvent('right') not in of_kind(found, InstructionEvent)
    assert [e.payload for e in read_events(path, cell, '/')] == [SpeedScaleEvent(1.0)]
    with pytest.raises(VlaError, match='namespace /middle; it has: /, /lab/right, /left'):
        list(read_events(path, cell, 'middle'))


def test_what_belongs_to_no_robot_belongs_to_each(cell, tmp_path):
    path = tmp_path / 'a.mcap'
    camera = f'/{cell.cameras[0].topic}/image_raw'
    write_recording(path, [
        (1, '/left/e_stop', {'data': True}),
        (2, '/right/e_stop', {'data': False}),
        (3, camera, image(0)),
        (4, '/right/speed_scale', {'data': 0.1}),
    ])  # fmt: skip
    assert [event.now_ns for event in read_events(path, cell, 'left')] == [1, 3]
    assert [event.now_ns for event in read_events(path, cell, 'right')] == [2, 3, 4]


def test_bytes_that_are_no_message_are_one_sentence(cell, tmp_path):
    for number, (data, problem) in enumerate([
        (b'\x28\xb5\x2f\xfd1234', 'at 5 is no std_msgs/msg/String: it begins with 28b52ffd'),
        (b'\x00\x01\x00\x00\x09\x00\x00\x00lif', 'found 11 bytes; needed: 16'),
        (b'', 'it begins with , not as CDR does'),
    ]):  # fmt: skip
        path = tmp_path / f'{number}.mcap'
        with path.open('wb') as file:
            writer = Writer(file)
            writer.start()
            text = definition('std_msgs/msg/String').encode()
            schema = writer.register_schema('std_msgs/msg/String', 'ros2msg', text)
            channel = writer.register_channel('/instruction', 'cdr', schema)
            writer.add_message(channel, 5, data, 5)
            writer.finish()
        with pytest.raises(VlaError, match=problem):
            list(read_events(path, cell))


def test_what_is_no_mcap_is_refused_with_a_cure(cell, tmp_path):
    with pytest.raises(ResourceNotFoundError, match='nothing.mcap'):
        list(read_events(tmp_path / 'nothing.mcap', cell))
    with pytest.raises(ResourceNotFoundError, match='an MCAP file or a rosbag2 folder'):
        list(read_events(tmp_path, cell))
    (tmp_path / 'bag_0.db3').write_bytes(b'SQLite')
    with pytest.raises(VlaError, match='bag_0.db3 is sqlite3; make MCAP of it first: ros2 bag'):
        list(read_events(tmp_path, cell))
    packed = tmp_path / 'bag_0.mcap.zstd'
    packed.write_bytes(b'x')
    with pytest.raises(VlaError, match='decompress it first: zstd -d'):
        list(read_events(packed, cell))
    (tmp_path / 'metadata.yaml').write_text(
        'rosbag2_bagfile_information:\n  compression_mode: MESSAGE\n'
    )
    with pytest.raises(VlaError, match='has each message compressed; make MCAP of it'):
        list(read_events(tmp_path, cell))
    text = tmp_path / 'text.mcap'
    text.write_text('hello')
    with pytest.raises(VlaError, match='text.mcap is not a readable MCAP file: it does not begin'):
        list(read_events(text, cell))
