"""What the commands that verify read: an image, the joints at that time, who draws the arm."""

import argparse
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from vla_calibration.geometry.pose import Pose
from vla_calibration.lens.image_set import read_grey
from vla_calibration.verify.silhouette import DrawArm
from vla_contract.cameras.calibration import CameraCalibration
from vla_contract.contract import load_contract, RobotContract
from vla_contract.errors import NameMismatchError, ResourceNotFoundError, VlaError
from vla_contract.plugins import plugin
from vla_contract.schema import load_yaml
from vla_contract.values import Image, Vector

if TYPE_CHECKING:
    from vla_calibration.geometry.arm_kinematics import ArmKinematics

Joints = dict[str, float]
SILHOUETTES = 'vla_silhouettes'


def add_joint_option(parser: argparse.ArgumentParser, when: str) -> None:
    """Add --joints and --robot."""
    parser.add_argument(
        '--joints', type=Path, metavar='FILE',
        help=f'YAML or JSON that maps joint names to positions at the time of the image; {when}',
    )  # fmt: skip
    parser.add_argument('--robot', default='', help='contract; default: that of the calibration')


def read_image(path: Path) -> tuple[Image, bytes]:
    """Return an image, shape (H, W), and the file it is from.

    Raises:
        VlaError: there is no such file, or it is no image.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ResourceNotFoundError('image', path, str(error.strerror)) from None
    image = read_grey(data)
    if image is None:
        raise VlaError(f'{path}: found no whole image; allowed: PNG, JPEG and what OpenCV reads')
    return image, data


def read_joints(path: Path | None) -> Joints | None:
    """Return joint positions by name.

    Raises:
        VlaError: the file is not a mapping of names to numbers.
    """
    if path is None:
        return None
    values = load_yaml(path)
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
            raise VlaError(f'{path}: {name}: found {value!r}; allowed: a position [rad or m]')
    return {str(name): float(value) for name, value in values.items()}


def in_contract_order(joints: Joints, contract: RobotContract) -> Vector:
    """Return positions in the contract's order, shape (D,); joined by name.

    Raises:
        NameMismatchError: a joint is missing or unknown.
    """
    if set(joints) != set(contract.joint_names):
        raise NameMismatchError('joints', contract.joint_names, joints)
    return np.array([joints[name] for name in contract.joint_names])


def robot_pose(robot: str, calibration: CameraCalibration, joints: Joints | None) -> Pose | None:
    """Return the pose of what carries a camera in the hand; None where it is not needed or known.

    Raises:
        VlaError: the joints do not fit the contract.
    """
    pose = calibration.require_extrinsics()
    if joints is None or pose.mount == 'eye-to-hand':
        return None
    return _arm(robot, pose.parent).pose(in_contract_order(joints, load_contract(robot)))


@cache
def _arm(robot: str, frame: str) -> 'ArmKinematics':
    # Imported here: a camera beside the robot needs no kinematics.
    from vla_calibration.geometry.arm_kinematics import ArmKinematics

    return ArmKinematics(load_contract(robot), frame)


def load_arm_drawing(factory: str, robot: str, calibration: str) -> DrawArm:
    """Build what draws the arm.

    Args:
        factory: name of an entry point of `vla_silhouettes`, or 'module:function'; called with the
            robot and the calibration.
        robot: name or path of the contract.
        calibration: 'robot/camera', or the path of a calibration file.

    Raises:
        VlaError: the factory cannot be imported, or refuses.
    """
    draw: DrawArm = plugin(SILHOUETTES, factory, 'silhouette')(robot, calibration)
    return draw
