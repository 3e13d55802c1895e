"""Render a hand-eye calibration set with known extrinsics."""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
import sys
from typing import Any

import cv2
import mujoco
import numpy as np
from vla_contract import so3
from vla_contract.cli import number_types
from vla_contract.cli.command import command_parser, DONE, run_command
from vla_contract.cli.deployment_arguments import add_scene, deployment_of
from vla_contract.cli.path_types import folder_to_write
from vla_contract.cli.progress import watched
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import SimError
from vla_contract.transforms import make_transform
from vla_contract.values import Image, Vector
from vla_contract.whole_file import require_free, write_whole
from vla_sim_bridge.calibration_scenes.board_plate import board_points
from vla_sim_bridge.calibration_scenes.calibration_views import draw_positions
from vla_sim_bridge.cameras.camera_info import Intrinsics
from vla_sim_bridge.cameras.placed_camera import place_cameras, PlacedCamera
from vla_sim_bridge.cameras.renderer import open_renderer
from vla_sim_bridge.scene.object_settings import movable
from vla_sim_bridge.scene.robot_spec import ROBOT, SHOWN_GROUPS
from vla_sim_bridge.scene.scene import build_model
from vla_sim_bridge.scene.simulated_task import BoardConfig, simulated_task
import yaml

# Each pixel is the mean of 3x3 drawn ones, as a sensor integrates light over its area.
_OVERSAMPLING = 3
# Noise of a good sensor [grey levels].
_NOISE = 2.0
_JPEG = [cv2.IMWRITE_JPEG_QUALITY, 90]


class CalibrationSet:
    """Draws what a cell's first camera sees of a task's board; use it as a context manager."""

    def __init__(self, deployment: Deployment, seed: int) -> None:
        """Compile the model and open a renderer.

        Raises:
            SimError: the task has no board, or no OpenGL context can be made.
        """
        config = simulated_task(deployment.task)
        if config.board is None:
            raise SimError(
                f'task {deployment.task.name}: simulation: found no board; needed: one, as in '
                'board_on_table'
            )
        self.cell = cell = deployment.cell
        self.board = config.board
        self.placed = next(iter(place_cameras(cell).values()))
        fine = _oversampled(self.placed)
        self._model = build_model(deployment, cameras=[fine])
        self._data = mujoco.MjData(self._model)
        joints = [ROBOT + joint.model_joint for joint in cell.joints]
        self._qpos = np.array([self._model.joint(name).qposadr[0] for name in joints])
        self._rng = np.random.default_rng(seed)
        self._option = mujoco.MjvOption()
        self._option.geomgroup[:] = 0
        self._option.geomgroup[list(SHOWN_GROUPS)] = 1
        # Below the table: objects stand where boards lie until an episode places them.
        for name in movable(config.objects):
            self._data.joint(name).qpos[2] = -1.0
        self._renderer = open_renderer(self._model, fine.drawn_size)

    def __enter__(self) -> 'CalibrationSet':
        return self

    def __exit__(self, *error: object) -> None:
        self._renderer.close()

    def views(self) -> Iterator[tuple[Vector, Vector, Image]]:
        """Yield joints, shape (D,), pose of the tool, shape (4, 4), and image, without end.

        Views in which the arm hides a part of the board are left out.
        """
        for position in draw_positions(self.cell, self._model, self.placed, self.board, self._rng):
            T_base_tool, image = self._look(position)
            size = (self.board.cols, self.board.rows)
            is_whole, _ = cv2.findChessboardCorners(image, size, flags=cv2.CALIB_CB_FAST_CHECK)
            if is_whole:
                yield position, T_base_tool, image

    def _look(self, position: Vector) -> tuple[Vector, Image]:
        self._data.qpos[self._qpos] = position
        mujoco.mj_forward(self._model, self._data)
        self._renderer.update_scene(self._data, self.placed.camera.name, self._option)
        drawn = cv2.cvtColor(self._renderer.render(), cv2.COLOR_RGB2GRAY)
        seen = cv2.resize(drawn, self.placed.drawn_size, interpolation=cv2.INTER_AREA)
        seen = self.placed.warp.apply(seen) if self.placed.warp else seen
        noisy = seen + self._rng.normal(0.0, _NOISE, seen.shape)
        tool = self._data.site(ROBOT + self.cell.robot.tool.point)
        T_base_tool = make_transform(tool.xpos.copy(), tool.xmat.reshape(3, 3).copy())
        return T_base_tool, np.clip(np.round(noisy), 0, 255).astype(np.uint8)


def _oversampled(placed: PlacedCamera) -> PlacedCamera:
    """Return the pinhole that draws the same with more pixels."""
    k, (width, height) = _OVERSAMPLING, placed.drawn_size
    camera = replace(placed.camera, width=k * width, height=k * height)
    fx, fy, cx, cy = placed.drawn_intrinsics
    # The middle of the first pixel is that of k drawn ones.
    fine = Intrinsics(k * fx, k * fy, k * (cx + 0.5) - 0.5, k * (cy + 0.5) - 0.5)
    return replace(placed, camera=camera, intrinsics=fine, warp=None)


def write_set(folder: Path, scene: CalibrationSet, count: int) -> None:
    """Write views as vla_calibration's capture node does; see its capture_folder."""
    index = []
    names = scene.cell.joint_names
    for k, (position, T, image) in enumerate(
        watched(islice(scene.views(), count), 'views', 'rendering', count)
    ):
        _, jpeg = cv2.imencode('.jpg', image, _JPEG)
        write_whole(folder / f'images/{k:04d}.jpg', jpeg.tobytes())
        joints = dict(zip(names, position.tolist(), strict=True))
        _write_yaml(folder / f'joints/{k:04d}.yaml', joints)
        _write_yaml(folder / f'poses/{k:04d}.yaml', _tool_pose(scene.cell, T))
        index.append({
            'image': f'images/{k:04d}.jpg', 'stamp_ns': k, 'pose': f'poses/{k:04d}.yaml',
            'joints': f'joints/{k:04d}.yaml',
        })  # fmt: skip
    _write_yaml(folder / 'session.yaml', _session(scene.cell, scene.placed, scene.board))
    # The index comes last: it never names a file that is not there.
    _write_yaml(folder / 'cal_data.yaml', index)


def _tool_pose(cell: Cell, T: Vector) -> dict[str, Any]:
    x, y, z = T[:3, 3].tolist()
    qx, qy, qz, qw = so3.Rotation.from_matrix(T[:3, :3]).as_quat(canonical=True).tolist()
    return {
        'parent': cell.robot.model.base_frame, 'child': cell.robot.tool.frame,
        'x': x, 'y': y, 'z': z, 'qx': qx, 'qy': qy, 'qz': qz, 'qw': qw,
    }  # fmt: skip


def _session(cell: Cell, placed: PlacedCamera, board: BoardConfig) -> dict[str, Any]:
    is_in_hand = placed.parent == cell.robot.tool.frame
    return {
        'schema': 1,
        'cell': cell.name,
        'cell_sha256': cell.sha256,
        'camera': placed.camera.name,
        'setup': 'eye-in-hand' if is_in_hand else 'eye-to-hand',
        'base_frame': cell.robot.model.base_frame,
        'tool_frame': cell.robot.tool.frame,
        'camera_frame': placed.camera.frame,
        'board': {
            'kind': 'chessboard', 'cols': board.cols, 'rows': board.rows,
            'square_m': board.square_m,
        },
    }  # fmt: skip


def _write_yaml(path: Path, content: object) -> None:
    write_whole(path, yaml.safe_dump(content, sort_keys=False))


def run(args: argparse.Namespace) -> int:
    """Render and write."""
    require_free(args.output / 'cal_data.yaml', args.force)
    with CalibrationSet(deployment_of(args), args.seed) as scene:
        write_set(args.output, scene, args.views)
        points = len(board_points(scene.board))
    print(f'{args.output}: {args.views} views of {points} corners')
    return DONE


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'sim board-views',
        'Render images of the board of a task from all sides, with the pose of the robot in '
        'each: to try vla camera hand-eye on, whose answer should be where the cell has the '
        'camera.',
        'vla sim board-views --deployment calibrate_in_hand --output runs/in_hand',
    )
    add_scene(parser)
    parser.set_defaults(deployment='calibrate_in_hand')
    parser.add_argument(
        '--views', type=number_types.whole(1, 10_000), default=20, help='default: 20'
    )
    parser.add_argument(
        '--seed', type=number_types.seed, default=0, help='the same seed gives the same views'
    )
    parser.add_argument('--output', type=folder_to_write, required=True, help='folder to write')
    parser.add_argument('--force', action='store_true', help='replace files that exist')
    args = parser.parse_args(argv)
    return run_command(lambda: run(args))


if __name__ == '__main__':
    sys.exit(main())
