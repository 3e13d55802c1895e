"""Definitions of message types and parts of messages, for writing recordings without ROS."""

from collections.abc import Mapping
import re
from typing import Any

from vla_contract.values import NS_PER_S

COMMON = {
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
"""Fields of a type by its name, in the order of the serialised message."""


def definition(type_name: str, more: Mapping[str, str] = {}) -> str:
    """Return the definition of a type and of those in it, as it stands in a recording.

    Args:
        type_name: e.g. sensor_msgs/msg/Image.
        more: types that are not among the common ones, likewise.
    """
    known = {**COMMON, **more}
    names = [type_name.replace('/msg/', '/')]
    for name in names:
        names += [n for n in re.findall(r'\w+/\w+', known[name]) if n not in names]
    first, *others = names
    parts = [known[first], *(f'MSG: {name}\n{known[name]}' for name in others)]
    return f'\n{"=" * 80}\n'.join(parts)


def stamp(time_ns: int) -> dict[str, int]:
    """Return a Time or Duration."""
    return {'sec': time_ns // NS_PER_S, 'nanosec': time_ns % NS_PER_S}


def header(time_ns: int, frame: str = '') -> dict[str, Any]:
    """Return a Header."""
    return {'stamp': stamp(time_ns), 'frame_id': frame}
