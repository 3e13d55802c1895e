"""Recordings for tests, written without ROS."""

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
import re
from typing import Any

from mcap.reader import make_reader
from mcap.writer import CompressionType, Writer
from mcap_ros2.writer import Writer as Ros2Writer
from vla_contract.recordings.topics import TOPICS
from vla_contract.values import ActionChunk, NS_PER_S

_TYPES = {
    'builtin_interfaces/Time': 'int32 sec\nuint32 nanosec',
    'builtin_interfaces/Duration': 'int32 sec\nuint32 nanosec',
    'std_msgs/Header': 'builtin_interfaces/Time stamp\nstring frame_id',
    'std_msgs/String': 'string data',
    'std_msgs/Bool': 'bool data',
    'std_msgs/Float64': 'float64 data',
    'sensor_msgs/JointState': 'std_msgs/Header header\nstring[] name\nfloat64[] position\n'
    'float64[] velocity\nfloat64[] effort',
    'trajectory_msgs/JointTrajectoryPoint': 'float64[] positions\nfloat64[] velocities\n'
    'float64[] accelerations\nfloat64[] effort\nbuiltin_interfaces/Duration time_from_start',
    'trajectory_msgs/JointTrajectory': 'std_msgs/Header header\nstring[] joint_names\n'
    'trajectory_msgs/JointTrajectoryPoint[] points',
    'sensor_msgs/Image': 'std_msgs/Header header\nuint32 height\nuint32 width\nstring encoding\n'
    'uint8 is_bigendian\nuint32 step\nuint8[] data',
    'sensor_msgs/CompressedImage': 'std_msgs/Header header\nstring format\nuint8[] data',
    'geometry_msgs/Point': 'float64 x\nfloat64 y\nfloat64 z',
    'geometry_msgs/Quaternion': 'float64 x 0\nfloat64 y 0\nfloat64 z 0\nfloat64 w 1',
    'geometry_msgs/Pose': 'geometry_msgs/Point position\ngeometry_msgs/Quaternion orientation',
    'geometry_msgs/PoseStamped': 'std_msgs/Header header\ngeometry_msgs/Pose pose',
    'diagnostic_msgs/KeyValue': 'string key\nstring value',
    'diagnostic_msgs/DiagnosticStatus': 'byte OK=0\nbyte ERROR=2\nbyte level\nstring name\n'
    'string message\nstring hardware_id\ndiagnostic_msgs/KeyValue[] values',
}


def definition(type_name: str) -> str:
    """Return the definition of a type and of those in it, as it stands in a recording.

    Args:
        type_name: e.g. sensor_msgs/msg/Image.
    """
    names = [type_name.replace('/msg/', '/')]
    for name in names:
        names += [n for n in re.findall(r'\w+/\w+', _TYPES[name]) if n not in names]
    first, *others = names
    parts = [_TYPES[first], *(f'MSG: {name}\n{_TYPES[name]}' for name in others)]
    return f'\n{"=" * 80}\n'.join(parts)


def stamp(time_ns: int) -> dict[str, int]:
    """Return a Time or Duration."""
    return {'sec': time_ns // NS_PER_S, 'nanosec': time_ns % NS_PER_S}


def header(time_ns: int, frame: str = '') -> dict[str, Any]:
    """Return a Header."""
    return {'stamp': stamp(time_ns), 'frame_id': frame}


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
