"""A board in the scene is where its configuration says, on whatever carries it."""

import mujoco
import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from vla_sim_bridge.calibration_scenes.board_plate import add_board, board_points, board_pose
from vla_sim_bridge.scene.simulated_task import BoardConfig

BOARD = BoardConfig(5, 4, 0.03, 'base', (0.5, 0.1, 0.02), (180.0, 0.0, 90.0))


def test_the_middle_of_the_corners_is_where_it_was_asked_for():
    T = board_pose(BOARD)
    middle = T[:3, :3] @ board_points(BOARD).mean(axis=0) + T[:3, 3]
    assert middle == pytest.approx(BOARD.centre_m)
    # Half a turn about x, then a quarter about z: the face looks up, rows run along the base's y.
    assert T[:3, 2] == pytest.approx([0, 0, -1], abs=1e-12)
    assert T[:3, 0] == pytest.approx([0, 1, 0], abs=1e-12)


def test_black_and_white_meet_at_the_corners():
    """Rays from before the face hit black and white by turns around every corner."""
    spec = mujoco.MjSpec()
    carrier = spec.worldbody.add_body(pos=[0.2, -0.1, 0.3])
    T = np.eye(4)
    T[:3, :3] = Rotation.from_euler('xyz', [0.3, -0.2, 0.5]).as_matrix()
    add_board(carrier, T, BOARD)
    model = spec.compile()
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    whole = T @ board_pose(BOARD)
    turn, place = whole[:3, :3], whole[:3, 3] + np.array([0.2, -0.1, 0.3])
    near, geom = 0.001, np.zeros(1, dtype=np.int32)
    for corner in board_points(BOARD):
        shades = []
        for aside in ((near, near), (-near, near), (-near, -near), (near, -near)):
            start = turn @ (corner + [*aside, -0.2]) + place
            distance = mujoco.mj_ray(model, data, start, turn[:, 2], None, 1, -1, geom)
            shades.append(model.geom_rgba[geom[0], 0] > 0.5)
            # White shows between the squares, one thickness further away.
            assert distance == pytest.approx(0.2, abs=3e-4)
        assert shades in ([True, False, True, False], [False, True, False, True])
