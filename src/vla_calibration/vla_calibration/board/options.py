"""The options with which every command names a board, read and written."""

import argparse

from vla_calibration.board.boards import Board, KINDS, parse_size, WITH_MARKERS


def add_board_options(parser: argparse.ArgumentParser, required: bool = True) -> None:
    """Add --board, --square-mm and what else tells a board."""
    group = parser.add_argument_group('board')
    group.add_argument(
        '--board', required=required, metavar='COLSxROWS',
        help='inner corners of a chessboard, circles, squares of a ChArUco board, or tags of an '
        'AprilGrid, e.g. 9x6',
    )  # fmt: skip
    group.add_argument(
        '--square-mm', type=float, required=required, metavar='MM',
        help='side of a square, or distance between circles, or from tag to tag, as measured on '
        'the print',
    )  # fmt: skip
    group.add_argument('--kind', choices=KINDS, default='chessboard', help='default: chessboard')
    group.add_argument(
        '--marker-mm', type=float, default=0.0, help='ChArUco, AprilGrid: side of a marker'
    )
    usual = ', '.join(f'{name} of {kind}' for kind, name in WITH_MARKERS.items())
    group.add_argument('--dictionary', default='', help=f'of the markers; default: {usual}')
    group.add_argument(
        '--legacy', action='store_true', help='ChArUco: printed with OpenCV before 4.7'
    )


def board_of(args: argparse.Namespace) -> Board:
    """Build the board that the options name.

    Raises:
        BoardError: there is no such board.
    """
    cols, rows = parse_size(args.board)
    return Board(
        args.kind, cols, rows, args.square_mm / 1000.0, args.marker_mm / 1000.0,
        args.dictionary, args.legacy,
    )  # fmt: skip


def board_options(board: Board) -> str:
    """Return the options that name a board, to be pasted behind a command."""
    options = f'--kind {board.kind} --board {board.cols}x{board.rows}'
    options += f' --square-mm {1000.0 * board.square_m:g}'
    if board.kind in WITH_MARKERS:
        options += f' --marker-mm {1000.0 * board.marker_m:g} --dictionary {board.dictionary}'
        options += ' --legacy' if board.legacy else ''
    return options
