"""Views of a board with known truth, as points and as images, for the tests of intrinsics."""

import numpy as np
from scipy.spatial.transform import Rotation
from vla_calibration.board.boards import Board
from vla_calibration.board.detection import Detection
from vla_calibration.lens.lens import Lens
from vla_contract.transforms import make_transform

SIZE = (640, 480)
BOARD = Board('chessboard', 9, 6, 0.025)
K = np.array([[600.0, 0, 322.0], [0, 598.0, 241.0], [0, 0, 1]])
LENS = Lens(*SIZE, K, np.array([-0.25, 0.06, 0.001, -0.0005, 0.0]))


def poses(count: int, tilt_deg: float, seed: int = 0, spread: float = 0.08) -> list[np.ndarray]:
    """Draw poses of the board in the optical frame, shape (4, 4): all over the image."""
    rng = np.random.default_rng(seed)
    middle = BOARD.points().mean(axis=0)
    drawn = []
    for _ in range(count):
        angles = [*rng.uniform(-tilt_deg, tilt_deg, 2), rng.uniform(-180.0, 180.0)]
        turn = Rotation.from_euler('xyz', angles, degrees=True).as_matrix()
        depth = rng.uniform(0.35, 0.5)
        place = np.array([*rng.uniform(-spread, spread, 2), depth])
        drawn.append(make_transform(place - turn @ middle, turn))
    return drawn


def detections(
    transforms: list[np.ndarray], lens: Lens = LENS, noise_px: float = 0.2, seed: int = 1
) -> list[Detection]:
    """Project the board and add noise."""
    rng = np.random.default_rng(seed)
    points = BOARD.points()
    found = []
    for T in transforms:
        pixels = lens.project(points, T)
        pixels = pixels + rng.normal(0.0, noise_px / np.sqrt(2.0), pixels.shape)
        found.append(Detection(np.arange(len(points)), pixels, points))
    return found
