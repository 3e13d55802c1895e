import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from vla_calibration.board.boards import Board, BoardError, parse_size
from vla_calibration.board.detection import detect
from vla_calibration.board.synthetic_view import render_view
from vla_calibration.lens.lens import Lens
from vla_contract.transforms import make_transform

LENS = Lens(
    640, 480, np.array([[600.0, 0, 322.0], [0, 598.0, 241.0], [0, 0, 1]]),
    np.array([-0.25, 0.06, 0.001, -0.0005, 0.0]),
)  # fmt: skip
CHESS = Board('chessboard', 9, 6, 0.025)
SB = Board('chessboard_sb', 9, 6, 0.025)
CHARUCO = Board('charuco', 10, 7, 0.025, 0.018)


def view(board: Board, tilt_deg: float = 25.0) -> np.ndarray:
    turn = Rotation.from_euler('xyz', [tilt_deg, 10.0, 5.0], degrees=True).as_matrix()
    middle = board.points().mean(axis=0)
    return make_transform(np.array([0.0, 0.0, 0.5]) - turn @ middle, turn)


@pytest.mark.parametrize(
    ('board', 'allowed_px'), [(CHESS, 0.1), (SB, 0.3), (CHARUCO, 0.15)],
    ids=['chessboard', 'sector', 'charuco'],
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


def test_ambiguous_boards_say_what_would_do():
    with pytest.raises(BoardError, match='half a turn.*use e.g. 9x6'):
        Board('chessboard', 8, 6, 0.025).require_unambiguous()
    with pytest.raises(BoardError, match='asymmetric grid'):
        Board('circles', 7, 6, 0.025).require_unambiguous()
    CHESS.require_unambiguous()


@pytest.mark.parametrize(
    ('make', 'message'),
    [
        (lambda: Board('chess', 9, 6, 0.025), 'allowed: chessboard'),
        (lambda: Board('chessboard', 9, 6, 25.0), '25000 mm between points'),
        (lambda: Board('chessboard', 2, 6, 0.025), 'at least 3x3'),
        (lambda: Board('charuco', 9, 6, 0.025, 0.03), 'markers of 30 mm'),
        (lambda: parse_size('9'), "found '9'; allowed: COLSxROWS"),
    ],
)
def test_boards_that_cannot_be_are_one_sentence(make, message):
    with pytest.raises(BoardError, match=message):
        make()
