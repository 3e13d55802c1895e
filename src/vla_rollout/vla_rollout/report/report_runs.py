"""Write runs as one HTML page with videos and joint plots; also JSON and JUnit."""

import argparse
from collections.abc import Iterable
from pathlib import Path
import sys

from tqdm import tqdm
from vla_contract.cli.command import command_parser, run_command, write_json
from vla_rollout.preflight.page import read_checklist
from vla_rollout.report.comparisons import compare_runs
from vla_rollout.report.junit import write_junit
from vla_rollout.report.load_run import load_run, require_different
from vla_rollout.report.page import write_report
from vla_rollout.report.replay_run import replay_run
from vla_rollout.report.text import brief_list, printable


def report(args: argparse.Namespace) -> int:
    """Write report.html and report.junit.xml into the output folder."""
    runs = [load_run(folder) for folder in args.runs]
    require_different(runs)
    output = args.output or args.runs[0]
    checklist = read_checklist(args.preflight) if args.preflight else []
    recorded = [replay_run(run, _shown) for run in runs]
    write_report(output / 'report.html', runs, recorded, checklist)
    write_junit(output / 'report.junit.xml', runs)
    if args.json:
        rows = [
            {'run': run.name, **run.figures(seen), 'notes': list(seen.notes)}
            for run, seen in zip(runs, recorded, strict=True)
        ]
        compared = [pair.facts() for pair in compare_runs(runs)]
        write_json(args.json, {'runs': rows, 'comparisons': compared})
    for note in (note for seen in recorded for note in brief_list(seen.notes)):
        print(printable(note))
    print(printable(f'report: {output}/report.html'))
    return 0


def _shown(indices: Iterable[int]) -> Iterable[int]:
    return tqdm(indices, unit='episode')


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'rollout report',
        'One self-contained page about one or more runs, and JUnit beside it.',
        'vla rollout report runs/latest',
    )
    parser.add_argument('runs', nargs='+', type=Path, help='run folders')
    parser.add_argument('--output', type=Path, help='folder, default: the first run')
    parser.add_argument('--preflight', type=Path, help='preflight.json, to show its checklist')
    parser.add_argument('--json', type=Path, help='also write the figures here')
    args = parser.parse_args(argv)
    return run_command(lambda: report(args))


if __name__ == '__main__':
    sys.exit(main())
