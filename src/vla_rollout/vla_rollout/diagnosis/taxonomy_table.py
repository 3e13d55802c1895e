"""The failure taxonomy, its detectors and its names as the tables of docs/failures.md."""

from collections.abc import Sequence
import sys

import numpy as np
from vla_contract.cli.command import command_parser, run_command
from vla_contract.deployment.cell import load_cell
from vla_rollout.diagnosis.alarm import FORERUNNERS
from vla_rollout.diagnosis.detectors.detector import Detector
from vla_rollout.diagnosis.detectors.registry import make_detectors

_HEADS = ('mode', 'cause', 'what you see', 'probable causes, most frequent first', 'what to do')


def taxonomy_table(detectors: Sequence[Detector]) -> str:
    """Return the table of Markdown: a row per cause, in the words that the software shows.

    A cause with several rows is told with the roots and the advice that belong to what was seen.
    """
    rows = [_HEADS, ('---',) * len(_HEADS)]
    rows += [
        (cause.mode, f'`{cause.name}`', cause.symptom, '; '.join(cause.roots), cause.fix)
        for detector in detectors
        for cause in (detector.cause, *detector.variants)
    ]
    return _lines(rows)


def score_table(detectors: Sequence[Detector]) -> str:
    """Return the table of Markdown that says what each detector measures."""
    rows = [('cause', 'score', 'unit', 'rings above'), ('---',) * 4]
    for detector in detectors:
        summary = (type(detector).__doc__ or '').partition('\n')[0].rstrip('.')
        rows.append((f'`{detector.cause.name}`', summary, detector.unit, _threshold(detector)))
    return _lines(rows)


def _threshold(detector: Detector) -> str:
    if not detector.is_learned:
        return f'{detector.default:g}'
    times = f'{detector.factor:g} times ' if detector.factor != 1.0 else ''
    text = f'{times}what healthy episodes show, at least {detector.floor:g}'
    return text if detector.default is None else f'{text}; {detector.default:g} without any'


def forerunner_table() -> str:
    """Return the table of Markdown that says which alarms do not name a failure, and why."""
    rows = [('named by', 'though it came after', 'within', 'because'), ('---',) * 4]
    for known in FORERUNNERS:
        before = ', '.join(f'`{cause.name}`' for cause in known.causes)
        rows.append((f'`{known.of.name}`', before, f'{known.within_s:g} s', known.reason))
    return _lines(rows)


def _lines(rows: Sequence[Sequence[str]]) -> str:
    return '\n'.join(f'| {" | ".join(row)} |' for row in rows)


def print_tables() -> int:
    """Print all tables."""
    cell = load_cell('panda_table')
    detectors = make_detectors(cell, np.empty((0, len(cell.arm))))
    print(taxonomy_table(detectors), score_table(detectors), forerunner_table(), sep='\n\n')
    return 0


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'vla_rollout.diagnosis.taxonomy_table',
        'Print how rollouts fail, what detectors measure and what names a failure, in Markdown.',
        'python -m vla_rollout.diagnosis.taxonomy_table',
    )
    parser.parse_args(argv)
    return run_command(print_tables)


if __name__ == '__main__':
    sys.exit(main())
