import cv2
from intrinsics_views import SIZE
import numpy as np
from vla_calibration.lens.coverage import COLUMNS, Coverage, ROWS
from vla_calibration.lens.image_circle import lit_cells, thumbnail


def lit_disc(radius: float, level: int = 180, seed: int = 0) -> np.ndarray:
    """Return an image that a fisheye lights within a circle, with some texture in it."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    inside = np.hypot(x - 318.0, y - 243.0) < radius
    scene = cv2.resize(rng.integers(20, level, (12, 16)).astype(np.uint8), SIZE)
    return np.where(inside, scene, rng.integers(0, 4, inside.shape)).astype(np.uint8)


def lit(images: list[np.ndarray]) -> np.ndarray:
    return lit_cells([thumbnail(image) for image in images], SIZE)


def test_cells_outside_of_a_fisheyes_circle_are_not_asked_for():
    cells = lit([lit_disc(235.0, seed=k) for k in range(4)])
    assert cells.shape == (ROWS, COLUMNS)
    assert not cells[[0, 0, -1, -1], [0, -1, 0, -1]].any()
    assert not cells[:, [0, -1]].any()
    assert cells[1:-1, 2:-2].all()
    y, x = np.mgrid[: SIZE[1] : 10, : SIZE[0] : 10]
    seen = np.stack([x, y], axis=-1).reshape(-1, 2)
    seen = seen[np.hypot(seen[:, 0] - 318.0, seen[:, 1] - 243.0) < 200.0]
    whole, inside = Coverage.of(seen, SIZE), Coverage.of(seen, SIZE, cells)
    assert whole.share < 0.75
    assert inside.share > 0.95
    assert inside.empty_regions == ()
    assert 'top right' in whole.empty_regions


def test_a_dark_room_is_no_circle():
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    # A bright board in the middle, a bright half, a black stripe, and night.
    board = np.where((abs(x - 320) < 120) & (abs(y - 240) < 90), 200, 3).astype(np.uint8)
    half = np.where(x < 320, 150, 2).astype(np.uint8)
    stripe = np.where(y < 60, 2, 150).astype(np.uint8)
    night = np.full((SIZE[1], SIZE[0]), 9, np.uint8)
    for image in (board, half, stripe, night):
        assert lit([image]).all()


def test_a_point_lights_its_cell():
    cells = np.zeros((ROWS, COLUMNS), dtype=bool)
    covered = Coverage.of(np.array([[1.0, 1.0]]), SIZE, cells)
    assert covered.share == 1.0
    assert covered.lit.sum() == 1
