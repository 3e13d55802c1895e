"""What the commands that verify read: an image, the joints at that time, who draws the arm."""

import argparse
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from vla_calibration.geometry.pose import Pose
from vla_calibration.lens.grey_image import read_grey
from vla_calibration.named_cell import add_named_cell
from vla_calibration.verify.silhouette import DrawArm
from vla_contract.cameras.calibration import CameraCalibration
from vla_contract.deployment.cell import Cell, load_cell
from vla_contract.errors import NameMismatchError, ResourceNotFoundError, VlaError
from vla_contract.plugins import plugin
from vla_contract.schema import load_yaml
from vla_contract.values import Image, Vector

if TYPE_CHECKING:
    from vla_calibration.geometry.arm_kinematics import ArmKinematics

Joints = dict[str, float]
SILHOUETTES = 'vla_silhouettes'


def add_joint_option(parser: argparse.ArgumentParser, when: str) -> None:
    """Add --joints, and --deployment and --cell that say whose joints these are."""
    parser.add_argument(
        '--joints', type=Path, metavar='FILE',
        help=f'YAML or JSON that maps joint names to positions at the time of the image; {when}',
    )  # fmt: skip
    add_named_cell(parser)


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


def in_cell_order(joints: Joints, cell: Cell) -> Vector:
    """Return positions in the cell's order, shape (D,); joined by name.

    Raises:
        NameMismatchError: a joint is missing or unknown.
    """
    if set(joints) != set(cell.joint_names):
        raise NameMismatchError('joints', cell.joint_names, joints)
    return np.array([joints[name] for name in cell.joint_names])


def robot_pose(
    cell: Cell | None, calibration: CameraCalibration, joints: Joints | None
) -> Pose | None:
    """Return the pose of what carries a camera in the hand; None where it is not needed or known.

    Args:
        cell: where the camera is; None for the cell that the calibration names.
        calibration: of the camera.
        joints: positions by name [rad or m]; None where they are not known.

    Raises:
        VlaError: the joints do not fit the cell.
    """
    pose = calibration.require_extrinsics()
    if joints is None or pose.mount == 'eye-to-hand':
        return None
    cell = cell or load_cell(calibration.cell)
    return _arm(cell, pose.parent).pose(in_cell_order(joints, cell))


@cache
def _arm(cell: Cell, frame: str) -> 'ArmKinematics':
    # Imported here: a camera beside the robot needs no kinematics.
    from vla_calibration.geometry.arm_kinematics import ArmKinematics

    return ArmKinematics(cell, frame)


def load_arm_drawing(factory: str, cell: Cell, calibration: str) -> DrawArm:
    """Build what draws the arm.

    Args:
        factory: name of an entry point of `vla_silhouettes`, or 'module:function'; called with the
            cell and the calibration.
        cell: where the camera is.
        calibration: 'cell/camera', or the path of a calibration file.

    Raises:
        VlaError: the factory cannot be imported, or refuses.
    """
    draw: DrawArm = plugin(SILHOUETTES, factory, 'silhouette')(cell, calibration)
    return draw
