"""What a capture folder holds, and how it is read back.

    session.yaml         cell, camera, set-up, frames, board
    cal_data.yaml        list of {image, pose, joints, stamp_ns}: what counts
    camera_info.yaml     intrinsics as they were published, where they were
    images/0000.png      lossless
    poses/0000.yaml      x y z qx qy qz qw [m], with the frames it is of: parent, child
    joints/0000.yaml     joint name to position [rad or m]

cal_data.yaml and the poses are those of robot_cal_tools, which ignores the keys that are ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from vla_calibration.board.boards import Board
from vla_calibration.geometry.pose import Pose
from vla_calibration.geometry.pose_text import flat_pose
from vla_contract.errors import VlaError
from vla_contract.schema import build, load_document, load_yaml, setting
from vla_contract.values import Image

CAL_DATA, SESSION, CAMERA_INFO = 'cal_data.yaml', 'session.yaml', 'camera_info.yaml'
# Set-ups of hand-eye calibration, and images alone.
INTRINSICS = 'intrinsics'


@dataclass(frozen=True)
class Session:
    """What all samples of a folder have in common."""

    schema: int = setting(doc='version of this format', lower=1, upper=1)
    cell: str = setting(doc='name of the cell')
    cell_sha256: str = setting(doc='hash of the cell')
    camera: str = setting(doc='name of the camera in the cell')
    setup: str = setting(doc='eye-in-hand, eye-to-hand, or intrinsics for images alone')
    base_frame: str = setting(doc='parent of the poses')
    tool_frame: str = setting(doc='child of the poses')
    camera_frame: str = setting(doc='optical frame')
    board: Board = setting(doc='what is seen')


@dataclass(frozen=True, eq=False)
class Sample:
    """One view.

    Attributes:
        stamp_ns: of the image [ns].
        image: shape (H, W, 3), RGB.
        joints: joint name to position [rad or m]; empty for intrinsics alone.
        tool: pose of the tool in the base at the image's stamp; None for intrinsics alone.
    """

    stamp_ns: int
    image: Image
    joints: Mapping[str, float]
    tool: Pose | None


@dataclass(frozen=True)
class StoredSample:
    """Where one sample lies, relative to the folder."""

    image: str = setting(doc='image file')
    stamp_ns: int = setting(0, doc='stamp of the image', unit='ns')
    pose: str = setting('', doc="pose file, '' for intrinsics alone")
    joints: str = setting('', doc="joint file, '' for intrinsics alone")


def load_session(folder: Path) -> Session:
    """Read what the samples of a folder have in common.

    Raises:
        VlaError: it cannot be read.
    """
    return build(Session, load_yaml(folder / SESSION), str(folder / SESSION))


def list_samples(folder: Path) -> list[StoredSample]:
    """Read the index of a folder.

    Raises:
        VlaError: it cannot be read, or names a file that does not exist.
    """
    path = folder / CAL_DATA
    content = load_document(path)
    if not isinstance(content, list):
        raise VlaError(f'{path}: found {type(content).__name__}; allowed: a list of samples')
    samples = [
        build(StoredSample, entry, f'{path}, sample {k}') for k, entry in enumerate(content)
    ]
    for k, sample in enumerate(samples):
        for name in (sample.image, sample.pose, sample.joints):
            if name and not (folder / name).is_file():
                raise VlaError(f'{path}, sample {k}: names {name}, which does not exist')
    return samples


def load_sample(folder: Path, stored: StoredSample) -> Sample:
    """Read one sample.

    Raises:
        VlaError: a file is damaged.
    """
    image = cv2.imread(str(folder / stored.image), cv2.IMREAD_COLOR)
    if image is None:
        raise VlaError(f'{folder / stored.image} is no image')
    pose_file = folder / stored.pose
    tool = flat_pose(load_yaml(pose_file), str(pose_file)) if stored.pose else None
    joints = load_yaml(folder / stored.joints) if stored.joints else {}
    rgb = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), dtype=np.uint8)
    return Sample(stored.stamp_ns, rgb, joints, tool)
