import re

import cv2
import numpy as np
import pytest
from vla_calibration.board.boards import Board, BoardError
from vla_calibration.board.detection import detect
from vla_calibration.board.make_board import main
from vla_calibration.board.pdf import board_pdf

PX_PER_MM = 4.0
BOARDS = [
    Board('chessboard', 9, 6, 0.025),
    Board('charuco', 7, 5, 0.036, 0.018, 'DICT_6X6_250'),
    Board('charuco', 7, 6, 0.03, 0.02, 'DICT_5X5_100', legacy=True),
    Board('asymmetric_circles', 4, 11, 0.018),
    Board('circles', 7, 5, 0.02),
    Board('circles_dot', 8, 8, 0.02),
    Board('aprilgrid', 5, 4, 0.039, 0.03),
]
IDS = ['chessboard', 'charuco', 'legacy', 'asymmetric', 'circles', 'dot', 'aprilgrid']


def page_mm(document: bytes) -> tuple[float, float]:
    box = re.search(rb'/MediaBox \[0 0 (\S+) (\S+)\]', document)
    return float(box[1]) * 25.4 / 72.0, float(box[2]) * 25.4 / 72.0


def print_out(document: bytes) -> np.ndarray:
    """Draw the page's shapes at 4 px/mm; reads only what the PDF says."""
    width, height = page_mm(document)
    fine = 4
    scale = PX_PER_MM * fine
    page = np.full((round(height * scale), round(width * scale)), 255, np.uint8)
    content = re.search(rb'stream\n(.*?)\nendstream', document, re.DOTALL)[1].decode()
    colour = 0
    for line in content.splitlines():
        words = line.split()
        if words[-1] == 'g':
            colour = 255 * int(words[0])
        elif words[-2:] == ['re', 'f']:
            x, y, w, h = (float(word) * scale for word in words[:4])
            top = height * scale - y - h
            page[round(top) : round(top + h), round(x) : round(x + w)] = colour
        elif words[-2:] == ['c', 'f']:
            ends = np.array([float(w) for w in re.findall(r'[\d.]+', line)]).reshape(-1, 2)[::3]
            centre, radius = ends[:4].mean(axis=0), np.ptp(ends[:, 0]) / 2.0
            at = (round(centre[0] * scale), round((height - centre[1]) * scale))
            cv2.circle(page, at, round(radius * scale), colour, -1)
    return cv2.resize(page, None, fx=1 / fine, fy=1 / fine, interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize('board', BOARDS, ids=IDS)
def test_the_print_is_the_board_in_its_true_size(board):
    found = detect(print_out(board_pdf(board)), board)
    assert len(found) == len(board.points())
    seen = found.pixels / PX_PER_MM
    asked = 1000.0 * found.points[:, :2]
    # The best map from board to page is a shift: same size to 0.1 %, not turned, not mirrored.
    A, _, _, _ = np.linalg.lstsq(np.column_stack([asked, np.ones(len(asked))]), seen, rcond=None)
    assert A[:2] == pytest.approx(np.eye(2), abs=1e-3)
    assert np.abs(seen - asked - A[2]).max() < 0.15


@pytest.mark.parametrize('board', BOARDS, ids=IDS)
def test_readers_find_every_object(board):
    document = board_pdf(board)
    start = int(re.search(rb'startxref\n(\d+)', document)[1])
    assert document[start:].startswith(b'xref\n0 6\n')
    for number, offset in enumerate(re.findall(rb'(\d{10}) 00000 n ', document), start=1):
        assert document[int(offset) :].startswith(b'%d 0 obj' % number)
    length = int(re.search(rb'/Length (\d+)', document)[1])
    at = document.index(b'stream\n') + len(b'stream\n')
    assert document[at + length :].startswith(b'\nendstream')


def test_the_page_is_the_smallest_that_holds_the_board():
    assert page_mm(board_pdf(BOARDS[0])) == pytest.approx((297.0, 210.0))
    large = Board('chessboard', 9, 6, 0.035)
    assert page_mm(board_pdf(large)) == pytest.approx((420.0, 297.0))
    poster = page_mm(board_pdf(Board('chessboard', 9, 6, 0.08)))
    assert poster == pytest.approx((816.0, 590.0))
    with pytest.raises(BoardError, match='a4 has 210 x 297; use smaller squares'):
        board_pdf(large, 'a4')
    with pytest.raises(BoardError, match='allowed: a4, a3, fit'):
        board_pdf(large, 'letter')


def test_the_print_says_what_it_is_and_how_long_the_bar_is():
    document = board_pdf(BOARDS[1])
    assert b'--board 7x5 --square-mm 36 --marker-mm 18 --dictionary DICT_6X6_250' in document
    assert b'100 mm between the outer edges: print at 100 %' in document


def test_the_command_overwrites_nothing(tmp_path, capsys):
    path = tmp_path / 'board.pdf'
    args = ['--board', '8x6', '--square-mm', '20', '--output', str(path)]
    assert main(args) == 0
    assert 'refused for hand-eye' in capsys.readouterr().out
    assert path.read_bytes().startswith(b'%PDF-1.4')
    assert main(args) == 2
    assert 'exists already' in capsys.readouterr().err
    assert main([*args, '--force']) == 0
    assert main(['--board', '8', '--square-mm', '20', '--output', str(path)]) == 2
