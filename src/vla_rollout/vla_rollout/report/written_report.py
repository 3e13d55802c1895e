"""What the command writes of runs: page, JUnit, JSON, and a list of runs."""

import argparse
from collections.abc import Iterable

from vla_contract.cli.command import write_json
from vla_contract.cli.progress import watched
from vla_contract.errors import VlaError
from vla_rollout.preflight.page import read_checklist
from vla_rollout.report.comparisons import compare_runs
from vla_rollout.report.index import write_index
from vla_rollout.report.junit import write_junit
from vla_rollout.report.kinds.counted_run import CountedRun, listed_failures
from vla_rollout.report.load_run import load_run, require_different
from vla_rollout.report.page import write_report
from vla_rollout.report.replay_run import replay_run
from vla_rollout.report.text import brief_list, printable


def report(args: argparse.Namespace) -> int:
    """Write report.html and report.junit.xml into the output folder, or a list of runs.

    Raises:
        VlaError: a run cannot be read, or none is named.
    """
    if args.runs:
        _report(args)
    elif args.index is None:
        raise VlaError('found no run; give folders of runs, or --index and the folder above them')
    if args.index is not None:
        print(printable(f'index: {write_index(args.index)}'))
    return 0


def _report(args: argparse.Namespace) -> None:
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
    if args.failures:
        listed = [listed_failures(run) for run in runs if isinstance(run, CountedRun)]
        write_json(args.failures, {'runs': listed})
    for note in (note for seen in recorded for note in brief_list(seen.notes)):
        print(printable(note))
    print(printable(f'report: {output}/report.html'))


def _shown(indices: Iterable[int]) -> Iterable[int]:
    return watched(indices, 'episodes')
