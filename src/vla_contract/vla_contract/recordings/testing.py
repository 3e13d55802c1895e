"""Recordings for tests, written without ROS."""

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from mcap.reader import make_reader
from mcap.writer import CompressionType, Writer
from mcap_ros2.writer import Writer as Ros2Writer
from vla_contract.recordings.definitions import definition, header, stamp
from vla_contract.recordings.topics import TOPICS
from vla_contract.values import ActionChunk


def joint_state(
    time_ns: int,
    names: Sequence[str],
    position: Iterable[float],
    velocity: Iterable[float] = (),
    effort: Iterable[float] = (),
) -> dict[str, Any]:
    """Return a JointState."""
    values = {'position': position, 'velocity': velocity, 'effort': effort}
    lists = {name: [float(v) for v in each] for name, each in values.items()}
    return {'header': header(time_ns), 'name': list(names), **lists}


def joint_trajectory(chunk: ActionChunk, names: Sequence[str]) -> dict[str, Any]:
    """Return a chunk as a JointTrajectory."""
    points = [
        {'positions': position.tolist(), 'time_from_start': stamp(k * chunk.period_ns)}
        for k, position in enumerate(chunk.positions)
    ]
    return {'header': header(chunk.stamp_ns), 'joint_names': list(names), 'points': points}


def write_recording(
    path: Path,
    messages: Iterable[tuple[int, str, Any]],
    types: Mapping[str, str] = {},
    definitions: Mapping[str, str] = {},
    metadata: Mapping[str, Mapping[str, str]] = {},
    **options: Any,
) -> None:
    """Write an MCAP file as our recorder and ros2 bag do: CDR, with definitions.

    Args:
        path: of the file.
        messages: time of writing [ns], topic, and message as a mapping of its fields.
        types: by topic, where the topic is not known by its name.
        definitions: of types, instead of the right ones.
        metadata: notes by name.
        options: of mcap.writer.Writer; the checksums of our recorder are the default.
    """
    options = {'enable_data_crcs': True, 'compression': CompressionType.NONE, **options}
    with path.open('wb') as file:
        writer = Writer(file, **options)
        writer.start(profile='ros2')
        schemas: dict[str, int] = {}
        channels: dict[str, int] = {}
        for schema, channel, message in make_reader(
            BytesIO(_serialised(messages, types, definitions))
        ).iter_messages(log_time_order=False):
            if schema is None:
                continue
            if schema.name not in schemas:
                schemas[schema.name] = writer.register_schema(schema.name, 'ros2msg', schema.data)
            if channel.topic not in channels:
                channels[channel.topic] = writer.register_channel(
                    channel.topic, 'cdr', schemas[schema.name]
                )
            writer.add_message(
                channels[channel.topic], message.log_time, message.data, message.log_time
            )
        for name, values in metadata.items():
            writer.add_metadata(name, dict(values))
        writer.finish()


def _serialised(
    messages: Iterable[tuple[int, str, Any]],
    types: Mapping[str, str],
    definitions: Mapping[str, str],
) -> bytes:
    """Return the messages in any MCAP file, as the one public writer of CDR makes it."""
    stream = BytesIO()
    schemas: dict[str, Any] = {}
    with Ros2Writer(stream) as writer:
        for log_ns, topic, message in messages:
            type_name = types.get(topic) or _type_of(topic)
            if type_name not in schemas:
                text = definitions.get(type_name) or definition(type_name)
                schemas[type_name] = writer.register_msgdef(type_name, text)
            writer.write_message(topic, schemas[type_name], message, log_ns)
    return stream.getvalue()


def _type_of(topic: str) -> str:
    if topic.endswith('image_raw'):
        return 'sensor_msgs/msg/Image'
    if topic.endswith('compressed'):
        return 'sensor_msgs/msg/CompressedImage'
    name = next(name for name in TOPICS if topic == name or topic.endswith(f'/{name}'))
    return TOPICS[name].type_name
