"""A chessboard alone, as a camera of the simulator draws it."""

from dataclasses import replace

import mujoco
from vla_contract.deployment.cell import Cell
from vla_contract.transforms import invert
from vla_contract.values import Image, Vector
from vla_sim_bridge.calibration_scenes.board_plate import add_board, board_pose
from vla_sim_bridge.cameras.placed_camera import PlacedCamera
from vla_sim_bridge.cameras.renderer import open_renderer
from vla_sim_bridge.scene.scene import add_cameras
from vla_sim_bridge.scene.simulated_task import BoardConfig


def draw_board(
    cell: Cell, placed: PlacedCamera, board: BoardConfig, T_parent_board: Vector
) -> Image:
    """Return what the camera sees of a board, shape (H, W, 3).

    Args:
        cell: of the camera; its robot is not drawn.
        placed: the camera.
        board: its squares; where it is placed does not count.
        T_parent_board: pose of the board in the frame that carries the camera, shape (4, 4) [m].

    Raises:
        SimError: no OpenGL context can be made.
    """
    spec = mujoco.MjSpec()
    spec.visual.quality.offsamples = 4
    spec.visual.headlight.ambient = [1.0, 1.0, 1.0]
    add_board(spec.worldbody, T_parent_board @ invert(board_pose(board)), board)
    # The frame that carries the camera is the world of this scene, be it base or tool.
    add_cameras(spec, cell, [replace(placed, parent=cell.robot.model.base_frame)])
    model = spec.compile()
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    renderer = open_renderer(model, placed.drawn_size)
    try:
        renderer.update_scene(data, placed.camera.name)
        drawn: Image = renderer.render()
    finally:
        renderer.close()
    return placed.warp.apply(drawn) if placed.warp else drawn
