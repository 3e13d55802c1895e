"""A calibrated pose for ROS: static transform, URDF, easy_handeye2; each can be read back."""

from itertools import pairwise
import shlex
import xml.etree.ElementTree as ElementTree

import numpy as np
from vla_calibration.calibration_file import pose_of
from vla_calibration.geometry.pose import Pose
from vla_contract import so3
from vla_contract.cameras.calibration import CameraCalibration
from vla_contract.errors import VlaError
from vla_contract.transforms import make_transform
from vla_contract.values import Vector
import yaml

# REP 103: an optical frame looks along z with x right; a body frame along x with z up.
T_BODY_OPTICAL = make_transform(
    np.zeros(3), np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
)
_CALIBRATION_TYPES = {'eye-in-hand': 'eye_in_hand', 'eye-to-hand': 'eye_on_base'}


def attached(calibration: CameraCalibration, link: Pose | None) -> Pose:
    """Return the one edge that has to be added to the frame tree.

    Args:
        calibration: gives the pose of the optical frame.
        link: pose of the optical frame in the camera's own root, where the driver publishes it.
            A frame has one parent: the edge then ends at that root.

    Raises:
        FrameError: `link` is not a pose of the calibrated optical frame.
    """
    pose = pose_of(calibration)
    return pose if link is None else pose @ link.inverse()


def static_transform_arguments(
    calibration: CameraCalibration, link: Pose | None = None
) -> list[str]:
    """Return the arguments of tf2_ros static_transform_publisher, for a launch file's Node."""
    pose = attached(calibration, link)
    names = ('--x', '--y', '--z', '--qx', '--qy', '--qz', '--qw')
    values = [*pose.position.tolist(), *pose.quaternion.tolist()]
    words = [
        word for name, value in zip(names, values, strict=True) for word in (name, repr(value))
    ]
    return [*words, '--frame-id', pose.parent, '--child-frame-id', pose.child]


def static_transform_command(calibration: CameraCalibration, link: Pose | None = None) -> str:
    """Return the command line that publishes the pose."""
    words = ['ros2', 'run', 'tf2_ros', 'static_transform_publisher']
    return shlex.join([*words, *static_transform_arguments(calibration, link)]) + '\n'


def read_static_transform(command: str) -> Pose:
    """Read what `static_transform_command` writes."""
    words = shlex.split(command)
    found = {a: b for a, b in pairwise(words) if a.startswith('--')}
    position = np.array([float(found[f'--{axis}']) for axis in 'xyz'])
    quaternion = np.array([float(found[f'--q{axis}']) for axis in 'xyzw'])
    return Pose.from_xyzw(found['--frame-id'], found['--child-frame-id'], position, quaternion)


def urdf(calibration: CameraCalibration, link: Pose | None = None) -> str:
    """Return a URDF file to include: the joint, and the link where no driver brings it."""
    pose = attached(calibration, link)
    robot = ElementTree.Element('robot', name=f'{calibration.camera}_calibration')
    robot.append(ElementTree.Comment(provenance_line(calibration)))
    if link is None:
        ElementTree.SubElement(robot, 'link', name=pose.child)
    joint = ElementTree.SubElement(robot, 'joint', name=f'{pose.child}_joint', type='fixed')
    ElementTree.SubElement(joint, 'parent', link=pose.parent)
    ElementTree.SubElement(joint, 'child', link=pose.child)
    origin = {'xyz': spaced(pose.position), 'rpy': spaced(rpy(pose.rotation))}
    ElementTree.SubElement(joint, 'origin', origin)
    return pretty(robot)


def read_urdf(text: str) -> Pose:
    """Read what `urdf` writes."""
    joint = required(ElementTree.fromstring(text), 'joint')
    origin = required(joint, 'origin')
    return Pose(
        required(joint, 'parent').attrib['link'],
        required(joint, 'child').attrib['link'],
        make_transform(numbers(origin.attrib['xyz']), from_rpy(numbers(origin.attrib['rpy']))),
    )


def easy_handeye2(calibration: CameraCalibration, other_frame: str) -> str:
    """Return a .calib file of easy_handeye2.

    Its loader refuses keys it does not know, so it carries no provenance.

    Args:
        calibration: gives the pose.
        other_frame: the frame the camera is not mounted to: the base of a camera in the hand, the
            effector of a camera beside the robot.
    """
    extrinsics, pose = calibration.require_extrinsics(), pose_of(calibration)
    is_in_hand = extrinsics.mount == 'eye-in-hand'
    x, y, z = pose.position.tolist()
    qx, qy, qz, qw = pose.quaternion.tolist()
    content = {
        'parameters': {
            'name': f'{calibration.cell}_{calibration.camera}',
            'calibration_type': _CALIBRATION_TYPES[extrinsics.mount],
            'robot_base_frame': other_frame if is_in_hand else pose.parent,
            'robot_effector_frame': pose.parent if is_in_hand else other_frame,
            'tracking_base_frame': pose.child,
            'tracking_marker_frame': 'board',
            'freehand_robot_movement': True,
            'move_group_namespace': '/',
            'move_group': 'manipulator',
        },
        'transform': {
            'translation': {'x': x, 'y': y, 'z': z},
            'rotation': {'x': qx, 'y': qy, 'z': qz, 'w': qw},
        },
    }
    return str(yaml.safe_dump(content, sort_keys=False))


def read_easy_handeye2(text: str) -> Pose:
    """Read a .calib file of easy_handeye2."""
    content = yaml.safe_load(text)
    try:
        parameters, transform = content['parameters'], content['transform']
        is_in_hand = parameters['calibration_type'] == 'eye_in_hand'
        return Pose.from_xyzw(
            parameters['robot_effector_frame' if is_in_hand else 'robot_base_frame'],
            parameters['tracking_base_frame'],
            np.array([float(transform['translation'][axis]) for axis in 'xyz']),
            np.array([float(transform['rotation'][axis]) for axis in 'xyzw']),
        )
    except (KeyError, TypeError) as error:
        raise VlaError(
            f'easy_handeye2 file: found no {error}; allowed: as it saves them'
        ) from None


def provenance_line(calibration: CameraCalibration) -> str:
    """Return in one line what a generated file is from."""
    state = 'accepted' if calibration.accepted else 'NOT accepted'
    return f' calibration {calibration.cell}/{calibration.camera} {calibration.id}, {state} '


def spaced(values: Vector) -> str:
    """Write numbers in full precision, separated by spaces."""
    return ' '.join(repr(value) for value in values.tolist())


def numbers(text: str | None) -> Vector:
    """Read numbers separated by spaces."""
    return np.array([float(word) for word in (text or '').split()])


def rpy(rotation: Vector) -> Vector:
    """Return roll, pitch, yaw about fixed axes, shape (3,) [rad], as URDF and SDF mean it."""
    # Written out, because at pitch 90 deg scipy warns; here yaw is then 0 and the matrix exact.
    pitch = np.arctan2(-rotation[2, 0], np.hypot(rotation[0, 0], rotation[1, 0]))
    if np.hypot(rotation[0, 0], rotation[1, 0]) < 1e-9:
        return np.array([np.arctan2(-rotation[1, 2], rotation[1, 1]), pitch, 0.0])
    roll = np.arctan2(rotation[2, 1], rotation[2, 2])
    return np.array([roll, pitch, np.arctan2(rotation[1, 0], rotation[0, 0])])


def from_rpy(angles: Vector) -> Vector:
    """Return the rotation matrix of roll, pitch, yaw, shape (3,) [rad]."""
    return np.asarray(so3.Rotation.from_euler('xyz', angles).as_matrix())


def required(element: ElementTree.Element, path: str) -> ElementTree.Element:
    """Return a child.

    Raises:
        VlaError: there is none.
    """
    found = element.find(path)
    if found is None:
        raise VlaError(f'<{element.tag}>: found no <{path}>')
    return found


def pretty(element: ElementTree.Element) -> str:
    """Return XML with one element a line."""
    ElementTree.indent(element)
    return ElementTree.tostring(element, encoding='unicode') + '\n'
