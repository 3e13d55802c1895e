"""Joint positions from which a camera sees a board well, turned and tilted every way."""

from collections.abc import Iterator

import mujoco
import numpy as np
from vla_contract import so3
from vla_contract.deployment.cell import Cell
from vla_contract.errors import SimError
from vla_contract.transforms import invert, make_transform
from vla_contract.values import Vector
from vla_sim_bridge.calibration_scenes.board_plate import board_points, board_pose
from vla_sim_bridge.cameras.placed_camera import PlacedCamera
from vla_sim_bridge.physics.kinematics import ArmKinematics
from vla_sim_bridge.scene.simulated_task import BoardConfig

# What hand-eye calibration wants: rotations about three axes, up to here.
_TILT_RAD, _ROLL_RAD = np.radians(45.0), np.radians(60.0)
# Share of the image that the board spans, and that stays free along the border.
_SMALLEST, _LARGEST, _BORDER = 0.45, 0.8, 0.04
# A step of the search for joints, in which the arm's Jacobian still holds.
_STEP_M, _STEP_RAD, _MOST_STEPS = 0.05, 0.2, 60
# The search ends this share of a step away: near is enough, since the joints say where it is.
_NEAR = 0.1
# With so many views in a row out of reach, camera and board are placed badly.
_MOST_FAILURES = 500
# The tool stays this far above the table [m].
_LOWEST_M = 0.08


def draw_positions(
    cell: Cell,
    model: mujoco.MjModel,
    placed: PlacedCamera,
    board: BoardConfig,
    rng: np.random.Generator,
) -> Iterator[Vector]:
    """Yield joint positions, each of shape (D,) [rad or m], without end.

    Of camera and board one is fixed to the base, the other to the tool.

    Args:
        cell: the one whose robot moves.
        model: the scene with the robot (see `scene.build_model`).
        placed: the camera.
        board: the board.
        rng: source of the views.

    Raises:
        SimError: hardly any view is within reach.
    """
    kinematics = ArmKinematics(model, cell)
    arm, home = list(kinematics.arm), cell.home
    is_in_hand = placed.parent == cell.robot.tool.frame
    failures = 0
    while failures < _MOST_FAILURES:
        failures += 1
        T_camera_board = _draw_view(placed, board, rng)
        if not _is_in_view(T_camera_board, placed, board):
            continue
        # Base to tool, through whichever of the two the tool carries.
        T = board_pose(board) @ invert(placed.T_parent_camera @ T_camera_board)
        found = _reach(kinematics, home[arm], T if is_in_hand else invert(T))
        if found is not None:
            position = home.copy()
            position[arm] = found
            failures = 0
            yield position
    raise SimError(
        f'calibration views: {_MOST_FAILURES} in a row are out of reach; move board or camera'
    )


def _draw_view(placed: PlacedCamera, board: BoardConfig, rng: np.random.Generator) -> Vector:
    """Draw a pose of the board in the optical frame, shape (4, 4) [m]."""
    fx, fy, _, _ = placed.intrinsics
    size = np.array([placed.camera.width, placed.camera.height])
    direction = rng.uniform(0.0, 2.0 * np.pi)
    tilt = rng.uniform(0.2, 1.0) * _TILT_RAD * np.array([np.cos(direction), np.sin(direction), 0])
    roll = np.array([0.0, 0.0, rng.uniform(-_ROLL_RAD, _ROLL_RAD)])
    turn = (so3.Rotation.from_rotvec(tilt) * so3.Rotation.from_rotvec(roll)).as_matrix()
    points = board_points(board)
    full_m = float((np.ptp(points[:, :2], axis=0) * [fx, fy] / size).max())
    depth_m = full_m / rng.uniform(_SMALLEST, _LARGEST)
    aside = rng.uniform(-0.25, 0.25, 2) * size / [fx, fy]
    middle = depth_m * np.array([*aside, 1.0])
    return make_transform(middle - turn @ points.mean(axis=0), turn)


def _is_in_view(T_camera_board: Vector, placed: PlacedCamera, board: BoardConfig) -> bool:
    fx, fy, cx, cy = placed.intrinsics
    seen = board_points(board) @ T_camera_board[:3, :3].T + T_camera_board[:3, 3]
    pixels = seen[:, :2] / seen[:, 2:] * [fx, fy] + [cx, cy]
    share = pixels / [placed.camera.width, placed.camera.height]
    return bool((share > _BORDER).all() and (share < 1.0 - _BORDER).all())


def _reach(kinematics: ArmKinematics, start: Vector, T_base_tool: Vector) -> Vector | None:
    """Return arm joints, shape (n,) [rad], that bring the tool to a pose; None if none do."""
    if T_base_tool[2, 3] < _LOWEST_M:
        return None
    arm, goal = start, T_base_tool[:3, :3] @ kinematics.R_tool_grasp
    for _ in range(_MOST_STEPS):
        place, rotation = kinematics.tool_pose(arm)
        way = T_base_tool[:3, 3] - place
        turn = so3.Rotation.from_matrix(goal @ rotation.T).as_rotvec()
        far = max(np.linalg.norm(way) / _STEP_M, np.linalg.norm(turn) / _STEP_RAD)
        if far < _NEAR:
            return arm
        share = 1.0 / max(far, 1.0)
        part = so3.Rotation.from_rotvec(share * turn).as_matrix() @ rotation
        arm = kinematics.step_towards(arm, place + share * way, part)
    return None
