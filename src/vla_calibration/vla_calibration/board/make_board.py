"""Write a calibration board as a PDF of exact size."""

import argparse
import sys

from vla_calibration.board.options import add_board_options, board_of
from vla_calibration.board.pdf import board_pdf, PAGES_MM
from vla_contract.cli.command import command_parser, run_command
from vla_contract.cli.path_types import file_to_write
from vla_contract.whole_file import require_free, write_whole


def run(args: argparse.Namespace) -> int:
    """Write the file; nothing is overwritten without --force."""
    board = board_of(args)
    document = board_pdf(board, args.page)
    require_free(args.output, args.force)
    write_whole(args.output, document)
    print(f'{args.output}: print at 100 % on stiff, flat material, then measure the scale bar')
    if board.is_ambiguous:
        print(
            'note: this board looks the same after half a turn: good for intrinsics, refused '
            "for hand-eye by the capture node; vla camera hand-eye asks the robot's poses"
        )
    return 0


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'camera board',
        'Write a calibration board as a PDF of exact size, with a scale bar to check the print.',
        'vla camera board --board 9x6 --square-mm 25 --output board.pdf',
    )
    add_board_options(parser)
    parser.add_argument('--output', type=file_to_write('.pdf'), required=True, help='PDF to write')
    parser.add_argument(
        '--page', choices=(*PAGES_MM, 'fit', 'auto'), default='auto', help='default: auto'
    )
    parser.add_argument('--force', action='store_true', help='replace the file')
    args = parser.parse_args(argv)
    return run_command(lambda: run(args))


if __name__ == '__main__':
    sys.exit(main())
