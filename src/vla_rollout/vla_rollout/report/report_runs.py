"""Write runs as one HTML page with videos and joint plots; also JSON and JUnit."""

import argparse
from pathlib import Path
import sys

from vla_contract.cli.command import command_parser, run_command
from vla_contract.cli.path_types import file_to_write, folder_to_write


def report(args: argparse.Namespace) -> int:
    """Write what is asked for; raises as `written_report.report`."""
    # What reads and draws takes a second to import: --help does not wait for it.
    from vla_rollout.report import written_report

    return written_report.report(args)


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'rollout report',
        'One self-contained page about one or more runs, and JUnit beside it.',
        'vla rollout report runs/latest',
    )
    parser.add_argument('runs', nargs='*', type=Path, help='run folders')
    parser.add_argument('--output', type=folder_to_write, help='folder, default: the first run')
    parser.add_argument('--preflight', type=Path, help='preflight.json, to show its checklist')
    parser.add_argument(
        '--index', type=Path, metavar='FOLDER', help='list all runs of a folder in its index.html'
    )
    parser.add_argument(
        '--failures',
        type=file_to_write('.json'),
        metavar='FILE',
        help='list failed episodes by cause, with seeds and recordings, as JSON',
    )
    parser.add_argument('--json', type=file_to_write(), help='also write the figures here')
    args = parser.parse_args(argv)
    return run_command(lambda: report(args))


if __name__ == '__main__':
    sys.exit(main())
