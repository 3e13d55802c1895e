"""Whether the definition of a message in a recording has the fields that are read here."""

from pathlib import Path
import re

from vla_contract.errors import VlaError
from vla_contract.recordings.recording import RecordedTopic

_STAMP = {'header.stamp.sec': 'int32', 'header.stamp.nanosec': 'uint32'}
_POINT = {
    'positions': 'float64[]',
    'velocities': 'float64[]',
    'time_from_start.sec': 'int32',
    'time_from_start.nanosec': 'uint32',
}
FIELDS = {
    'sensor_msgs/msg/JointState': {
        **_STAMP,
        'name': 'string[]',
        'position': 'float64[]',
        'velocity': 'float64[]',
        'effort': 'float64[]',
    },
    'trajectory_msgs/msg/JointTrajectory': {
        **_STAMP,
        'joint_names': 'string[]',
        **{f'points[].{name}': kind for name, kind in _POINT.items()},
    },
    'trajectory_msgs/msg/JointTrajectoryPoint': _POINT,
    'sensor_msgs/msg/Image': {
        **_STAMP,
        'header.frame_id': 'string',
        'height': 'uint32',
        'width': 'uint32',
        'encoding': 'string',
        'step': 'uint32',
        'data': 'uint8[]',
    },
    'sensor_msgs/msg/CompressedImage': {
        **_STAMP,
        'header.frame_id': 'string',
        'format': 'string',
        'data': 'uint8[]',
    },
    'geometry_msgs/msg/PoseStamped': {
        **_STAMP,
        **{f'pose.position.{axis}': 'float64' for axis in 'xyz'},
        **{f'pose.orientation.{axis}': 'float64' for axis in 'xyzw'},
    },
    'diagnostic_msgs/msg/DiagnosticStatus': {
        'message': 'string',
        'values[].key': 'string',
        'values[].value': 'string',
    },
    'std_msgs/msg/String': {'data': 'string'},
    'std_msgs/msg/Bool': {'data': 'bool'},
    'std_msgs/msg/Float64': {'data': 'float64'},
}
"""Fields that are read of each type, by their path, with what must stand there."""

_RULER = re.compile(r'^={3,}\s*$', re.MULTILINE)
_NAME = re.compile(r'^MSG:\s+(\S+)\s*$', re.MULTILINE)
# Not a constant, which has '=' after its name.
_FIELD = re.compile(r'^\s*([A-Za-z][\w/]*)(?:<=\d+)?(\[[^\]]*\])?\s+([A-Za-z]\w*)(?!\w|\s*=)')


def check_topic(path: Path, topic: RecordedTopic, type_name: str) -> None:
    """Check that a recorded topic is of a type, with the fields that are read of it.

    Raises:
        VlaError: it is of another type, serialised otherwise, or lacks a field; says which.
    """
    here = f'{path}: {topic.name}'
    for what, found, allowed in (
        ('type', topic.type_name, type_name),
        ('encoding', topic.encoding, 'cdr'),
        ('definition', topic.language if topic.definition else '', 'ros2msg'),
    ):
        if found != allowed:
            raise VlaError(f"{here}: {what}: found '{found}'; allowed: {allowed}")
    definitions = _definitions(topic)
    for field, allowed in FIELDS[type_name].items():
        found = _type_at(definitions, _short(type_name), field)
        if found != allowed:
            raise VlaError(f'{here}: {type_name}.{field}: found {found}; allowed: {allowed}')


def _definitions(topic: RecordedTopic) -> dict[str, dict[str, str]]:
    """Return the types of fields by name, of the type of a topic and those in it."""
    definitions: dict[str, dict[str, str]] = {}
    for part in _RULER.split(topic.definition):
        named = _NAME.search(part)
        owner = _short(named[1] if named else topic.type_name)
        fields = (_FIELD.match(line) for line in part.splitlines())
        definitions.setdefault(
            owner, {match[3]: match[1] + (match[2] or '') for match in fields if match}
        )
    return definitions


def _type_at(definitions: dict[str, dict[str, str]], owner: str, field: str) -> str:
    """Return the type of a field given by its path, 'nothing' where there is no such field."""
    name, _, rest = field.partition('.')
    found = definitions.get(owner, {}).get(name.removesuffix('[]'), 'nothing')
    if not rest:
        return found
    if name.endswith('[]') != found.endswith('[]'):
        return found
    inner = found.removesuffix('[]')
    if '/' not in inner:
        inner = f'{owner.split("/")[0]}/{inner}'
    inner = _short(inner)
    return _type_at(definitions, inner, rest) if inner in definitions else found


def _short(name: str) -> str:
    """Return package/Type of package/msg/Type."""
    return name.replace('/msg/', '/')
