import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from vla_calibration.board.boards import Board, BoardError, parse_size
from vla_calibration.board.detection import detect
from vla_calibration.board.find.chessboard import copies, in_image
from vla_calibration.board.find.grid import smoothed
from vla_calibration.board.find.refine import nearest_spacing, refined, window_px
from vla_calibration.board.synthetic_view import render_view
from vla_calibration.board.turned import turned_points, turns
from vla_calibration.lens.lens import Lens
from vla_contract.transforms import make_transform

LENS = Lens(
    640, 480, np.array([[600.0, 0, 322.0], [0, 598.0, 241.0], [0, 0, 1]]),
    np.array([-0.25, 0.06, 0.001, -0.0005, 0.0]),
)  # fmt: skip
CHESS = Board('chessboard', 9, 6, 0.025)
SB = Board('chessboard_sb', 9, 6, 0.025)
CHARUCO = Board('charuco', 10, 7, 0.025, 0.018)
APRILGRID = Board('aprilgrid', 6, 5, 0.039, 0.03)


def view(board: Board, tilt_deg: float = 25.0) -> np.ndarray:
    turn = Rotation.from_euler('xyz', [tilt_deg, 10.0, 5.0], degrees=True).as_matrix()
    middle = board.points().mean(axis=0)
    return make_transform(np.array([0.0, 0.0, 0.5]) - turn @ middle, turn)


@pytest.mark.parametrize(
    ('board', 'allowed_px'), [(CHESS, 0.1), (SB, 0.3), (CHARUCO, 0.08), (APRILGRID, 0.1)],
    ids=['chessboard', 'sector', 'charuco', 'aprilgrid'],
)  # fmt: skip
def test_points_are_found_where_they_are(board, allowed_px):
    T = view(board)
    found = detect(render_view(board, LENS, T), board)
    error = found.pixels - LENS.project(found.points, T)
    assert len(found) >= 0.9 * len(board.points())
    assert np.sqrt((error**2).sum(axis=1).mean()) < allowed_px
    # The half-pixel bias of ChArUco in OpenCV 4.9 to 4.13 is gone.
    assert np.abs(error.mean(axis=0)).max() < 0.1


def test_both_chessboard_detectors_begin_at_the_same_corner():
    image = render_view(CHESS, LENS, view(CHESS))
    first, second = detect(image, CHESS).pixels[0], detect(image, SB).pixels[0]
    assert second == pytest.approx(first, abs=1.0)


def test_an_image_without_a_board_gives_nothing():
    empty = np.full((480, 640, 3), 120, dtype=np.uint8)
    for board in (CHESS, SB, CHARUCO, Board('asymmetric_circles', 4, 11, 0.02)):
        assert detect(empty, board) is None


def test_circles_are_found():
    board = Board('asymmetric_circles', 4, 11, 0.02)
    image = np.full((480, 640), 255, dtype=np.uint8)
    rows, columns = np.mgrid[:480, :640]
    centres = board.points()[:, :2] / 0.02 * 35.0 + [150.0, 60.0]
    for x, y in centres:
        image[(columns - x) ** 2 + (rows - y) ** 2 < 12.0**2] = 0
    found = detect(image, board)
    assert found.pixels == pytest.approx(centres, abs=0.5)


LARGE = Lens(
    1280, 960, np.array([[2000.0, 0, 642.0], [0, 1998.0, 481.0], [0, 0, 1]]), np.zeros(5)
)  # fmt: skip


def test_the_window_grows_with_the_squares():
    """A window of 5 px leaves a corner where the coarse search put it, 12 px off."""
    image, truth = (
        render_view(CHESS, LARGE, view(CHESS)),
        LARGE.project(CHESS.points(), view(CHESS)),
    )
    assert nearest_spacing(truth) > 60.0
    start = truth.copy()
    start[[0, 22, 53]] += [8.0, -9.0]
    found = refined(image, start, window_px(start))
    assert np.linalg.norm(found - truth, axis=1).max() < 0.2
    assert np.linalg.norm(refined(image, start, 5) - truth, axis=1).max() > 5.0
    assert window_px(truth / 4.0) < window_px(truth) <= 30


def test_a_corner_beside_its_neighbours_is_put_back_between_them():
    truth = LARGE.project(CHESS.points(), view(CHESS))
    wrong = truth.copy()
    wrong[[0, 25]] += [[40.0, 10.0], [-30.0, 25.0]]
    assert np.linalg.norm(smoothed(wrong, 9, 6) - truth, axis=1).max() < 12.0
    # A fisheye bends the grid; it stays as it is.
    fisheye = Lens(
        640, 480, np.array([[250.0, 0, 318.0], [0, 251.0, 243.0], [0, 0, 1]]),
        np.array([0.03, -0.01, 0.004, -0.001]), 'equidistant',
    )  # fmt: skip
    near = view(CHESS)
    near[2, 3] *= 0.35
    bent = fisheye.project(CHESS.points(), near)
    assert (smoothed(bent, 9, 6) == bent).all()


def test_images_of_any_size_are_searched_at_bounded_cost():
    """OpenCV's search takes 13 s of an image of 1920x1200 with half a board."""
    for width, height in ((640, 480), (1920, 1200), (3840, 2160), (1080, 1920)):
        image = np.zeros((height, width), np.uint8)
        for copy in copies(image):
            assert max(copy.shape) <= 1280
            last = np.array([[copy.shape[1] - 0.5, copy.shape[0] - 0.5]]) - 0.5
            inside = np.array([[width, height]]) - 1.0
            assert in_image(last, copy, image) == pytest.approx(inside, abs=3.0)


def test_a_board_in_a_large_image_is_found_as_well_as_in_a_small_one():
    lens = Lens(2560, 1920, LENS.K * [[4.0], [4.0], [1.0]], LENS.distortion)
    T = view(CHESS)
    found = detect(render_view(CHESS, lens, T), CHESS)
    error = found.pixels - lens.project(found.points, T)
    assert np.linalg.norm(error, axis=1).max() < 0.25


@pytest.mark.parametrize('quarter', range(4))
def test_a_grid_begins_at_its_larger_circle(quarter):
    board = Board('circles_dot', 5, 5, 0.02)
    image = np.full((480, 640), 255, dtype=np.uint8)
    rows, columns = np.mgrid[:480, :640]
    grid = np.rot90(board.points()[:, :2].reshape(5, 5, 2), quarter)
    places = np.stack(np.meshgrid(np.arange(5), np.arange(5)), axis=-1).reshape(-1, 2)
    centres = places * 60.0 + [180.0, 110.0]
    for (x, y), point in zip(centres, grid.reshape(-1, 2), strict=True):
        radius = 24.0 if (point == 0.0).all() else 15.0
        image[(columns - x) ** 2 + (rows - y) ** 2 < radius**2] = 0
    found = detect(image, board)
    # Ours is a rotation of the board, not a reflection, and begins at the dot.
    expected = np.empty((25, 2))
    order = (grid.reshape(-1, 2) / 0.02).round().astype(int)
    expected[order[:, 1] * 5 + order[:, 0]] = centres
    assert found.pixels == pytest.approx(expected, abs=0.5)
    image[:] = 255
    for x, y in centres:
        image[(columns - x) ** 2 + (rows - y) ** 2 < 15.0**2] = 0
    assert detect(image, board) is None


def test_tags_seen_twice_or_misread_are_left_out():
    T = view(APRILGRID)
    image = render_view(APRILGRID, LENS, T)
    whole = detect(image, APRILGRID)
    assert set(whole.ids // 4) == set(range(30))
    covered = image.copy()
    covered[:, :250] = 120
    part = detect(covered, APRILGRID)
    assert 4 <= len(set(part.ids // 4)) < 30
    error = part.pixels - LENS.project(part.points, T)
    assert np.linalg.norm(error, axis=1).max() < 0.3
    # Too few of its tags are of a smaller board.
    assert detect(covered, Board('aprilgrid', 2, 2, 0.039, 0.03)) is None


def test_turns_that_a_board_does_not_show():
    assert Board('chessboard', 9, 6, 0.02).turns == (0,)
    assert Board('chessboard', 9, 7, 0.02).turns == (0, 2)
    assert Board('chessboard', 7, 7, 0.02).turns == (0, 2)
    assert Board('chessboard', 8, 8, 0.02).turns == (0, 1, 2, 3)
    assert Board('circles', 10, 10, 0.02).turns == (0, 1, 2, 3)
    assert Board('circles', 10, 8, 0.02).turns == (0, 2)
    assert Board('circles_dot', 10, 10, 0.02).turns == (0,)
    board = Board('chessboard', 9, 7, 0.02)
    (none, half) = turns(board)
    assert none == pytest.approx(np.eye(4))
    moved = turned_points(board.points(), board, half)
    assert moved == pytest.approx(board.points()[::-1])


def test_a_board_without_markers_is_the_same_whatever_dictionary_is_named():
    named = Board('chessboard', 9, 6, 0.025, dictionary='DICT_5X5_100')
    assert named == Board('chessboard', 9, 6, 0.025)
    assert Board('aprilgrid', 6, 6, 0.03, 0.02).dictionary == 'DICT_APRILTAG_36h11'
    assert Board('charuco', 6, 6, 0.03, 0.02).dictionary == 'DICT_5X5_100'


def test_ambiguous_boards_say_what_would_do():
    with pytest.raises(BoardError, match='half a turn.*use e.g. 9x6'):
        Board('chessboard', 8, 6, 0.025).require_unambiguous()
    with pytest.raises(BoardError, match='asymmetric grid'):
        Board('circles', 7, 6, 0.025).require_unambiguous()
    CHESS.require_unambiguous()


def dictionary(name: str) -> Board:
    return Board('charuco', 9, 6, 0.03, 0.02, name)


@pytest.mark.parametrize(
    ('make', 'message'),
    [
        (lambda: Board('chess', 9, 6, 0.025), 'allowed: chessboard'),
        (lambda: Board('chessboard', 9, 6, 25.0), '25000 mm between points'),
        (lambda: Board('chessboard', 2, 6, 0.025), 'at least 3x3'),
        (lambda: Board('charuco', 9, 6, 0.025, 0.03), 'markers of 30 mm'),
        (lambda: parse_size('9'), "found '9'; allowed: COLSxROWS"),
        (lambda: dictionary('CharucoBoard'), "found 'CharucoBoard'; allowed: .*DICT_4X4_100"),
        (lambda: dictionary('4x4_100'), "found '4x4_100'; DICT_4X4_100 is meant"),
        (lambda: Board('aprilgrid', 6, 6, 0.03, 0.02, 'DICT_4X4_50'), 'DICT_APRILTAG_36h11'),
        (lambda: Board('aprilgrid', 6, 6, 0.03, 0.03), 'AprilGrid: found markers of 30 mm'),
        (lambda: Board('aprilgrid', 1, 6, 0.03, 0.02), 'at least 2x2 tags'),
        (lambda: Board('aprilgrid', 30, 30, 0.03, 0.02), 'needs 900 tags; .* has 587'),
    ],
)
def test_boards_that_cannot_be_are_one_sentence(make, message):
    with pytest.raises(BoardError, match=message):
        make()
