"""Compare the projection of a board by a calibration and by the simulator, in pixels."""

import argparse
import sys

import cv2
import numpy as np
from vla_contract import so3
from vla_contract.cameras.calibration import CameraCalibration
from vla_contract.cameras.calibration_file import load_calibration, resolve_calibration
from vla_contract.cli.command import command_parser, DONE, NOT_GOOD_ENOUGH, run_command, write_json
from vla_contract.cli.deployment_arguments import add_cell, cell_of
from vla_contract.cli.path_types import file_to_write
from vla_contract.cli.progress import watched
from vla_contract.deployment.cell import Cell
from vla_contract.errors import VlaError
from vla_contract.transforms import make_transform
from vla_contract.values import Image, Vector
from vla_sim_bridge.calibration_scenes.board_plate import board_points
from vla_sim_bridge.calibration_scenes.board_view import draw_board
from vla_sim_bridge.cameras.lens_warp import project
from vla_sim_bridge.cameras.placed_camera import place_calibrated, place_cameras, PlacedCamera
from vla_sim_bridge.scene.simulated_task import BoardConfig

LARGEST_PX = 1.0
_BOARD = BoardConfig(9, 6, 0.025, 'base', (0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
# The board spans this share of the image; where its middle is seen, as shares of width and
# height, and how it is turned there (rotation vector, degrees).
_SPAN = 0.45
_VIEWS = (
    ((0.50, 0.50), (20.0, -15.0, 0.0)),
    ((0.32, 0.30), (-20.0, 20.0, 8.0)),
    ((0.68, 0.30), (25.0, 10.0, -12.0)),
    ((0.32, 0.70), (-10.0, -25.0, 15.0)),
    ((0.68, 0.70), (15.0, 25.0, -5.0)),
)


def board_poses(calibration: CameraCalibration) -> list[Vector]:
    """Return poses of the board in the optical frame, all over the image, each (4, 4) [m]."""
    lens, points = calibration.lens, board_points(_BOARD)
    size = np.array([lens.width, lens.height])
    focal, centre = np.array([lens.fx, lens.fy]), np.array([lens.cx, lens.cy])
    depth_m = float((np.ptp(points[:, :2], axis=0) * focal / (_SPAN * size)).max())
    poses = []
    for share, turn_deg in _VIEWS:
        turn = so3.Rotation.from_rotvec(turn_deg, degrees=True).as_matrix()
        middle = depth_m * np.append((np.array(share) * size - centre) / focal, 1.0)
        poses.append(make_transform(middle - turn @ points.mean(axis=0), turn))
    return poses


def project_board(calibration: CameraCalibration, T_camera_board: Vector) -> Vector:
    """Return the pixels at which the calibration sees the corners, shape (n, 2)."""
    seen = board_points(_BOARD) @ T_camera_board[:3, :3].T + T_camera_board[:3, 3]
    return project(seen[:, :2] / seen[:, 2:], calibration.lens)


def find_corners(image: Image, expected: Vector) -> Vector | None:
    """Return the corners in an image, numbered as those expected, or None without a board."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    is_found, corners = cv2.findChessboardCornersSB(
        grey, (_BOARD.cols, _BOARD.rows), flags=cv2.CALIB_CB_ACCURACY
    )
    if not is_found:
        return None
    pixels: Vector = corners.reshape(-1, 2).astype(np.float64)
    # The detector may begin at the opposite corner.
    return min((pixels, pixels[::-1]), key=lambda order: float(np.abs(order - expected).max()))


def corner_errors(
    cell: Cell,
    calibration: CameraCalibration,
    calibrated: PlacedCamera,
    drawn: PlacedCamera,
) -> list[Vector]:
    """Return how far the corners of each board that is seen are off, shape (n,) [px].

    Args:
        cell: the one whose camera it is.
        calibration: says where the corners should be.
        calibrated: the camera where the calibration puts it.
        drawn: the camera where the cell puts it, on the same frame.
    """
    errors = []
    for T_camera_board in watched(board_poses(calibration), 'views'):
        image = draw_board(cell, drawn, _BOARD, calibrated.T_parent_camera @ T_camera_board)
        expected = project_board(calibration, T_camera_board)
        found = find_corners(image, expected)
        if found is not None:
            errors.append(np.hypot(*(found - expected).T))
    return errors


def check_camera(args: argparse.Namespace) -> int:
    """Compare; status 1 where a corner is further off than LARGEST_PX, or a board is not seen.

    Raises:
        VlaError: the calibration is of another cell, or has the camera on another frame; and as
            `place_calibrated` and `place_cameras`.
    """
    calibration = load_calibration(resolve_calibration(args.calibration))
    cell = cell_of(args)
    if calibration.cell != cell.name:
        raise VlaError(
            f'calibration {args.calibration}: found cell {calibration.cell}; the simulated one is '
            f'{cell.name}: give --cell {calibration.cell}'
        )
    calibrated = place_calibrated(cell, None, args.calibration)
    drawn = place_cameras(cell)[calibration.camera]
    if drawn.parent != calibrated.parent:
        raise VlaError(
            f'camera {calibration.camera}: found on {drawn.parent} in cell {cell.name}; the '
            f'calibration has it on {calibrated.parent}'
        )
    errors = corner_errors(cell, calibration, calibrated, drawn)
    mean_px, worst_px = (float(f(errors)) if errors else None for f in (np.mean, np.max))
    is_good = len(errors) == len(_VIEWS) and worst_px is not None and worst_px <= LARGEST_PX
    print(f'{"ok" if is_good else "BAD"}: {len(errors)} of {len(_VIEWS)} boards are seen')
    if errors:
        print(
            f'  mean {mean_px:.3f} px  worst corner {worst_px:.3f} px  allowed {LARGEST_PX:g} px'
        )
    if args.json:
        result = {
            'calibration_id': calibration.id,
            'deployment': args.deployment,
            'cell': cell.name,
            'cell_sha256': cell.sha256,
            'boards': len(_VIEWS),
            'boards_seen': len(errors),
            'mean_px': mean_px,
            'worst_px': worst_px,
            'allowed_px': LARGEST_PX,
            'is_good': is_good,
        }
        write_json(args.json, result)
    return DONE if is_good else NOT_GOOD_ENOUGH


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'sim check-camera',
        'Check that the simulator shows what a calibrated camera sees: the same board, projected '
        'with the calibration and drawn by the simulator, in pixels.',
        'vla sim check-camera panda_table/top --cell panda_table',
    )
    parser.add_argument('calibration', help="'cell/camera', or the path of a calibration file")
    add_cell(parser)
    parser.add_argument('--json', type=file_to_write(), help='write the figures here')
    args = parser.parse_args(argv)
    return run_command(lambda: check_camera(args))


if __name__ == '__main__':
    sys.exit(main())
