"""A camera of the cell with its place: as written there, or as calibrated."""

from dataclasses import dataclass

import cv2
import mujoco
import numpy as np
from vla_contract.cameras.calibration import Extrinsics, LensCalibration
from vla_contract.cameras.calibration_file import load_calibration, resolve_calibration
from vla_contract.deployment.cell import Camera, Cell
from vla_contract.errors import ContractError
from vla_contract.transforms import look_at, make_transform, xyzw_from_wxyz
from vla_contract.values import Vector
from vla_sim_bridge.cameras.camera_info import Intrinsics, pinhole_intrinsics
from vla_sim_bridge.cameras.lens_warp import LensWarp

# What is nearer to the plane of the optical centre is beside the image.
_NEAREST_M = 1e-3


@dataclass(frozen=True, eq=False)
class PlacedCamera:
    """A camera that can be drawn.

    Attributes:
        camera: as the cell describes it.
        parent: frame it is mounted to: the cell's base or tool frame.
        T_parent_camera: pose of its optical frame, shape (4, 4) [m].
        intrinsics: of the image it delivers.
        model: distortion model.
        distortion: its coefficients.
        fovy_deg: vertical field of view of a plain pinhole; None of a calibrated camera.
        warp: turns the drawn image into the delivered one; None without distortion.
    """

    camera: Camera
    parent: str
    T_parent_camera: Vector
    intrinsics: Intrinsics
    model: str = 'plumb_bob'
    distortion: tuple[float, ...] = (0.0,) * 5
    fovy_deg: float | None = None
    warp: LensWarp | None = None

    @property
    def quaternion_xyzw(self) -> Vector:
        """Orientation of the optical frame in its parent, shape (4,)."""
        wxyz = np.empty(4)
        mujoco.mju_mat2Quat(wxyz, self.T_parent_camera[:3, :3].ravel())
        return xyzw_from_wxyz(wxyz)

    def project(self, points: Vector) -> Vector:
        """Return where the camera sees points, shape (N, 2) [px]; NaN of those behind it.

        Args:
            points: in its optical frame, shape (N, 3) [m].
        """
        pixels = np.full((len(points), 2), np.nan)
        ahead = points[:, 2] > _NEAREST_M
        if ahead.any():
            fx, fy, cx, cy = self.intrinsics
            K = np.array([[fx, 0.0, cx], [0.0, fy, cy], [0.0, 0.0, 1.0]])
            is_fisheye = self.model == 'equidistant'
            project = cv2.fisheye.projectPoints if is_fisheye else cv2.projectPoints
            seen = np.ascontiguousarray(points[ahead], dtype=np.float64).reshape(-1, 1, 3)
            found, _ = project(seen, np.zeros(3), np.zeros(3), K, np.array(self.distortion))
            pixels[ahead] = found.reshape(-1, 2)
        return pixels

    @property
    def drawn_size(self) -> tuple[int, int]:
        """Width and height of the pinhole image to draw [px]."""
        return self.warp.size if self.warp else (self.camera.width, self.camera.height)

    @property
    def drawn_intrinsics(self) -> Intrinsics:
        """Intrinsics of the pinhole image to draw."""
        return self.warp.intrinsics if self.warp else self.intrinsics


def place_cameras(cell: Cell) -> dict[str, PlacedCamera]:
    """Place every camera of the cell, by name.

    Raises:
        ContractError: a camera has no placement, or its calibration is of another frame or
            resolution than the cell says.
        ResourceNotFoundError, UnknownNameError: a calibration does not exist.
    """
    return {camera.name: place_camera(cell, camera) for camera in cell.cameras}


def place_camera(cell: Cell, camera: Camera) -> PlacedCamera:
    """Place one camera of the cell; raises as `place_cameras` does."""
    placement = camera.placement
    if placement is None:
        raise ContractError(
            f'cell {cell.name}: camera {camera.name}: placement: found none; the simulator '
            'needs one: eye_m, target_m and fovy_deg, or calibration'
        )
    if placement.calibration:
        return place_calibrated(cell, camera, placement.calibration)
    eye, target, fovy_deg = placement.look()
    T = make_transform(np.array(eye), look_at(np.array(eye), np.array(target)))
    intrinsics = pinhole_intrinsics(camera, fovy_deg)
    return PlacedCamera(camera, cell.robot.model.base_frame, T, intrinsics, fovy_deg=fovy_deg)


def place_calibrated(cell: Cell, camera: Camera | None, name: str) -> PlacedCamera:
    """Place a camera as calibrated.

    Args:
        cell: names the frames a camera may be mounted to.
        camera: the camera to place; None for the one that the file names.
        name: 'cell/camera', or the path of a calibration file.

    Raises:
        ContractError, ResourceNotFoundError, UnknownNameError: as `place_cameras`.
        VlaError: the calibration has no pose.
        SimError: the lens cannot be drawn.
    """
    calibration = load_calibration(resolve_calibration(name))
    camera = camera or cell.camera(calibration.camera)
    lens, pose = calibration.lens, calibration.require_extrinsics()
    _check_fit(cell, camera, lens, pose, name)
    return PlacedCamera(
        camera,
        pose.parent,
        _matrix(pose),
        Intrinsics(lens.fx, lens.fy, lens.cx, lens.cy),
        lens.model,
        lens.distortion,
        warp=LensWarp(lens) if lens.is_distorted else None,
    )


def _check_fit(
    cell: Cell, camera: Camera, lens: LensCalibration, pose: Extrinsics, name: str
) -> None:
    if (lens.width, lens.height) != (camera.width, camera.height):
        raise ContractError(
            f'calibration {name}: found {lens.width}x{lens.height} px; cell {cell.name} '
            f'has camera {camera.name} with {camera.width}x{camera.height}'
        )
    frames = (cell.robot.model.base_frame, *(tool.frame for tool in cell.robot.tools))
    if pose.parent not in frames:
        raise ContractError(
            f'calibration {name}: parent: found {pose.parent}; allowed: {" or ".join(frames)}'
        )


def _matrix(pose: Extrinsics) -> Vector:
    x, y, z, w = np.array(pose.quaternion_xyzw) / np.linalg.norm(pose.quaternion_xyzw)
    rotation = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    return make_transform(np.array(pose.position_m), rotation)
