"""The bytes that ROS writes, decoded by us and by rclpy."""

from array import array
from collections.abc import Iterable

import numpy as np
import pytest
from rclpy.serialization import deserialize_message, serialize_message
from vla_contract.deployment.cell import load_cell
from vla_contract.recordings.decoding import decode_message
from vla_contract.recordings.definitions import definition
from vla_contract.recordings.message_definition import check_topic, FIELDS
from vla_contract.recordings.recording import RawMessage, RecordedTopic
from vla_contract.recordings.topics import TOPICS
from vla_contract.ros.messages.images import image_to_msg
from vla_contract.ros.messages.joints import joints_to_msg
from vla_contract.ros.messages.live_streams import live_streams, message_class
from vla_contract.values import JointSample

CELL = load_cell('panda_table')
_RANDOM = {
    'boolean': lambda rng: bool(rng.integers(2)),
    'octet': lambda rng: bytes([rng.integers(256)]),
    'string': lambda rng: 'é' * int(rng.integers(12)),
    'double': lambda rng: float(rng.normal() * 10.0 ** rng.integers(-300, 300)),
}


def fill(message, rng) -> None:
    """Give every field a value, sequences a random length."""
    for name, kind in message.get_fields_and_field_types().items():
        inner = kind.removeprefix('sequence<').removesuffix('>')
        make = values_of(inner, rng)
        many = [make() for _ in range(rng.integers(9))] if inner != kind else None
        if many is not None and inner in ('double', 'uint8'):
            many = array('d' if inner == 'double' else 'B', many)
        setattr(message, name, make() if many is None else many)


def values_of(kind: str, rng):
    if '/' in kind:
        package, name = kind.split('/')

        def nested():
            message = message_class(f'{package}/msg/{name}')()
            fill(message, rng)
            return message

        return nested
    if kind in _RANDOM:
        return lambda: _RANDOM[kind](rng)
    bits = int(kind.lstrip('uint'))
    low, high = (0, 2**bits) if kind.startswith('u') else (-(2 ** (bits - 1)), 2 ** (bits - 1))
    return lambda: int(rng.integers(low, high))


def at(message, path: str):
    """Return the value, or the values, at the path of a field."""
    name, _, rest = path.partition('.')
    value = getattr(message, name.removesuffix('[]'))
    if rest:
        return [at(v, rest) for v in value] if name.endswith('[]') else at(value, rest)
    is_many = isinstance(value, Iterable) and not isinstance(value, str)
    return list(value) if is_many else value


@pytest.mark.parametrize('type_name', FIELDS)
def test_both_read_the_same_of_any_message(type_name, tmp_path):
    rng = np.random.default_rng(1)
    kind = message_class(type_name)
    topic = RecordedTopic('/t', type_name, 'cdr', 'ros2msg', definition(type_name))
    check_topic(tmp_path, topic, type_name)
    for _ in range(50):
        message = kind()
        fill(message, rng)
        data = serialize_message(message)
        ours, theirs = decode_message(RawMessage(topic, 0, data)), deserialize_message(data, kind)
        for field in FIELDS[type_name]:
            assert at(ours, field) == at(theirs, field) == at(message, field), field


def test_every_type_that_is_read_has_its_fields():
    assert {topic.type_name for topic in TOPICS.values()} <= FIELDS.keys()


def test_live_messages_are_decoded_as_recorded_ones_are():
    streams = live_streams(CELL, True, ('joint_states', 'action_filter/desired'))
    camera = CELL.cameras[0]
    assert set(streams) == {
        'joint_states', 'action_filter/desired', *(f'{c.topic}/image_raw' for c in CELL.cameras),
    }  # fmt: skip
    kind, decode = streams['joint_states']
    message = joints_to_msg(JointSample(7, CELL.home, CELL.home), CELL.joint_names)
    assert isinstance(message, kind)
    sample = decode(message)
    assert (sample.stamp_ns, sample.position.tolist()) == (7, CELL.home.tolist())
    _, decode = streams['action_filter/desired']
    assert decode(message).velocity.tolist() == CELL.home.tolist()
    _, decode = streams[f'{camera.topic}/image_raw']
    picture = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    event = decode(image_to_msg(picture, 9, 'optical'))
    assert (event.camera, event.stamp_ns, event.image.tolist()) == (
        camera.name,
        9,
        picture.tolist(),
    )
