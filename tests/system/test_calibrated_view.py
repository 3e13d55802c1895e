"""The simulated camera shows what the real one sees, and a moved camera is told.

'Real' views come from a renderer that shares nothing with the simulator: a picture of a board,
warped by cv2 through the lens.
"""

from dataclasses import replace
import json
import os

os.environ.setdefault('MUJOCO_GL', 'egl')

import cv2
import numpy as np
import pytest
from vla_calibration.board.boards import Board
from vla_calibration.board.detection import detect
from vla_calibration.board.synthetic_view import render_view
from vla_calibration.calibration_file import (
    describe_lens,
    describe_pose,
    describe_source,
    save_lens,
    save_pose,
    Verdict,
)
from vla_calibration.geometry.pose import Pose
from vla_calibration.lens.lens import Lens
from vla_calibration.verify.verify_calibration import main as verify_calibration
from vla_contract.cameras.calibration_file import (
    find_calibration,
    load_calibration,
    save_calibration,
)
from vla_contract.deployment.cell import load_cell
from vla_contract.deployment.deployment import load_deployment
from vla_contract.transforms import invert, look_at, make_transform
from vla_sim_bridge.calibration_scenes.board_view import draw_board
from vla_sim_bridge.cameras.placed_camera import place_calibrated
from vla_sim_bridge.cameras.renderer import CameraRenderer
from vla_sim_bridge.scene.simulated_task import BoardConfig
from vla_sim_bridge.scene.world import World

CELL = load_cell('panda_table')
BOARD = Board('chessboard', 9, 6, 0.025)
K = np.array([[540.0, 0, 331.0], [0, 525.0, 222.0], [0, 0, 1]])
LENSES = {
    'pinhole': Lens(640, 480, K, np.zeros(5)),
    'plumb_bob': Lens(640, 480, K, np.array([-0.28, 0.06, 0.0012, -0.0007, 0.02])),
    'rational': Lens(
        640, 480, K, np.array([0.2, -0.1, 1e-3, 5e-4, 0.02, 0.45, -0.2, 0.03]),
        'rational_polynomial',
    ),
    'equidistant': Lens(640, 480, K, np.array([0.03, -0.01, 0.004, -0.001]), 'equidistant'),
}  # fmt: skip
EYE = np.array([0.85, 0.2, 0.45])
ROLL = cv2.Rodrigues(np.array([0.0, 0.0, 0.3]))[0]
T_BASE_CAMERA = make_transform(EYE, look_at(EYE, np.array([0.5, 0.0, 0.05])) @ ROLL)


def board_pose(x: float, y: float) -> np.ndarray:
    """Return the pose of a tilted board in the base frame, its middle at x, y, 0.5 m in view."""
    turn = cv2.Rodrigues(np.array([0.25, -0.2, 0.0]))[0]
    middle = np.array([x, y, 0.5]) - turn @ BOARD.points().mean(axis=0)
    return T_BASE_CAMERA @ make_transform(middle, turn)


def simulated_view(path, T_base_board: np.ndarray) -> np.ndarray:
    """Draw the board with the camera that the file describes."""
    camera = replace(CELL.camera('top'), width=640, height=480)
    placed = place_calibrated(CELL, camera, str(path))
    plate = BoardConfig(BOARD.cols, BOARD.rows, BOARD.square_m, 'base', (0, 0, 0), (0, 0, 0))
    return draw_board(CELL, placed, plate, T_base_board)


@pytest.mark.parametrize('name', LENSES)
@pytest.mark.parametrize('place', [(-0.13, -0.08), (0.11, 0.09)], ids=['left', 'right'])
def test_the_simulated_camera_reproduces_a_real_view_within_a_pixel(tmp_path, name, place):
    lens, source = LENSES[name], describe_source('test')
    path = tmp_path / 'calibration.yaml'
    save_lens(path, 'panda_table', 'top', describe_lens(lens, source, Verdict(True), 0.2))
    pose = Pose('panda_link0', 'camera_color_optical_frame', T_BASE_CAMERA)
    save_pose(path, describe_pose(pose, 'eye-to-hand', source, Verdict(True)))
    T_base_board = board_pose(*place)
    real = detect(render_view(BOARD, lens, invert(T_BASE_CAMERA) @ T_base_board), BOARD)
    simulated = detect(simulated_view(path, T_base_board), BOARD)
    distance = np.hypot(*(simulated.pixels - real.pixels).T)
    print(f'{name} {place}: worst corner {distance.max():.3f} px, mean {distance.mean():.3f} px')
    assert distance.max() < 1.0
    assert np.abs((simulated.pixels - real.pixels).mean(axis=0)).max() < 0.1


def test_a_camera_that_moved_is_told_by_the_arm_alone(tmp_path, capsys):
    """Images of the simulator, with its camera where it was and turned by 0.5 degrees."""
    nominal = load_calibration(find_calibration('panda_table', 'top'))
    turned = cv2.Rodrigues(np.array([0.0, np.radians(0.5), 0.0]))[0]
    old = Pose.from_xyzw(
        'panda_link0', 'camera_color_optical_frame', np.array(nominal.extrinsics.position_m),
        np.array(nominal.extrinsics.quaternion_xyzw),
    )  # fmt: skip
    new = Pose(old.parent, old.child, make_transform(old.position, old.rotation @ turned))
    pushed = replace(nominal, extrinsics=replace(
        nominal.extrinsics, quaternion_xyzw=tuple(new.quaternion.tolist())))  # fmt: skip
    save_calibration(pushed, tmp_path / 'pushed.yaml')
    joints = tmp_path / 'joints.json'
    for name, calibration in (
        ('still', 'panda_table/top'),
        ('moved', str(tmp_path / 'pushed.yaml')),
    ):
        placed = {'cell.cameras.top.placement': {'calibration': calibration}}
        world = World(load_deployment(overrides=placed))
        world.reset(1)
        renderer = CameraRenderer(world)
        image = renderer.render(world.data.qpos)['top']
        renderer.close()
        cv2.imwrite(str(tmp_path / f'{name}.png'), image[..., ::-1])
    position = world.joint_sample().position
    joints.write_text(json.dumps(dict(zip(CELL.joint_names, position, strict=True))))
    drawing = [
        '--joints',
        str(joints),
        '--silhouette',
        'simulated',
    ]
    still = ['panda_table/top', str(tmp_path / 'still.png'), '--json', str(tmp_path / 'a.json')]
    assert verify_calibration([*still, *drawing]) == 0
    assert json.loads((tmp_path / 'a.json').read_text())['error_px'] < 0.7
    assert verify_calibration(['panda_table/top', str(tmp_path / 'moved.png'), *drawing]) == 1
    # 0.5 degrees at 716.6 px of focal length; the image moves against the camera.
    moved = capsys.readouterr().out.splitlines()
    assert 'BAD: silhouette is' in '\n'.join(moved)
    assert 'moved -6.' in '\n'.join(moved)
