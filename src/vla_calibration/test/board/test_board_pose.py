import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from vla_calibration.board.boards import Board
from vla_calibration.board.detection import Detection
from vla_calibration.board.pose import board_pose, BoardPoseError, corner_noise_px
from vla_calibration.geometry import se3
from vla_calibration.lens.lens import Lens
from vla_contract.transforms import make_transform

BOARD = Board('chessboard', 9, 6, 0.025)
K = np.array([[600.0, 0, 320.0], [0, 590.0, 240.0], [0, 0, 1]])
PINHOLE = Lens(640, 480, K, np.array([-0.2, 0.05, 0.001, -0.001, 0.0]))
FISHEYE = Lens(640, 480, K, np.array([0.02, -0.01, 0.003, 0.0]), 'equidistant')


def pose(tilt_deg: float, distance: float = 0.5) -> np.ndarray:
    R = Rotation.from_euler('xyz', [tilt_deg, 0.3 * tilt_deg, 10.0], degrees=True).as_matrix()
    return make_transform(np.array([0.0, 0.0, distance]) - R @ BOARD.points().mean(axis=0), R)


def seen(T: np.ndarray, lens: Lens = PINHOLE, noise_px: float = 0.0, seed: int = 0) -> Detection:
    points = BOARD.points()
    pixels = lens.project(points, T)
    pixels += np.random.default_rng(seed).normal(0.0, noise_px, pixels.shape)
    return Detection(np.arange(len(points)), pixels, points)


@pytest.mark.parametrize('lens', [PINHOLE, FISHEYE], ids=['pinhole', 'fisheye'])
def test_without_noise_the_pose_is_exact(lens):
    found = board_pose(seen(pose(30.0), lens), lens)
    assert found.T_camera_board == pytest.approx(pose(30.0), abs=1e-7)
    assert found.rms_px < 1e-5
    assert not found.is_ambiguous


def test_the_covariance_is_the_scatter_of_the_pose():
    T, sigma_px = pose(25.0), 0.3
    poses = [board_pose(seen(T, noise_px=sigma_px, seed=seed), PINHOLE) for seed in range(120)]
    twists = np.array([se3.log(p.T_camera_board @ se3.inverse(T)) for p in poses])
    assert corner_noise_px(poses) == pytest.approx(sigma_px, rel=0.05)
    stated = np.sqrt(poses[0].covariance(sigma_px).diagonal())
    assert twists.std(axis=0) == pytest.approx(stated, rel=0.25)


def test_a_distant_board_can_be_tilted_either_way():
    far = board_pose(seen(pose(20.0, distance=3.0), noise_px=0.5), PINHOLE)
    assert far.is_ambiguous
    assert far.second_pose is not None
    assert not board_pose(seen(pose(30.0), noise_px=0.2), PINHOLE).is_ambiguous


def test_what_has_no_pose_is_one_sentence():
    whole = seen(pose(20.0))
    few = Detection(whole.ids[:5], whole.pixels[:5], whole.points[:5])
    with pytest.raises(BoardPoseError, match='found 5 points; needed: 6'):
        board_pose(few, PINHOLE)
    line = Detection(whole.ids[:9], whole.pixels[:9], whole.points[:9])
    with pytest.raises(BoardPoseError, match='on one line'):
        board_pose(line, PINHOLE)
