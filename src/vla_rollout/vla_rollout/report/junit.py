"""Episodes as test cases, for machines that show JUnit."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from vla_contract.whole_file import write_whole
from vla_rollout.report.kinds.any_run import AnyRun
from vla_rollout.report.kinds.episode_row import EpisodeRow
from vla_rollout.report.text import brief, printable


def write_junit(path: Path, runs: Sequence[AnyRun]) -> None:
    """Write one suite per run, or per part of it, and one case per episode.

    Episodes without an answer of the policy are errors; those that the operator discarded or
    stopped are skipped cases.
    """
    root = ElementTree.Element('testsuites')
    for run in runs:
        for part, rows in run.suites.items():
            if rows:
                name = printable(f'{run.name}: {brief(part)}' if part else run.name)
                root.append(_suite(name, rows))
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding='utf-8', xml_declaration=True)
    write_whole(path, text)


def _suite(name: str, rows: Sequence[EpisodeRow]) -> ElementTree.Element:
    ends = Counter(map(_end, rows))
    counts = {'failures': 'failure', 'errors': 'error', 'skipped': 'skipped'}
    values = {'tests': len(rows), **{name: ends[end] for name, end in counts.items()}}
    attributes = {'name': name, **{key: str(value) for key, value in values.items()}}
    suite = ElementTree.Element('testsuite', attributes)
    suite.extend(_case(name, row) for row in rows)
    return suite


def _case(suite: str, row: EpisodeRow) -> ElementTree.Element:
    values = {'classname': suite, 'name': f'seed {row.seed}', 'time': f'{row.duration_s:.3f}'}
    case = ElementTree.Element('testcase', values)
    if not (kind := _end(row)):
        return case
    message = {'message': printable(brief(row.cause.sentence))}
    end = ElementTree.SubElement(case, kind, message)
    end.text = printable('\n'.join(map(brief, row.alarms))) or None
    return case


def _end(row: EpisodeRow) -> str:
    """Return the element that says how a case ended, '' for one that passed."""
    if not row.is_counted:
        return 'skipped'
    if row.is_error:
        return 'error'
    return '' if row.success else 'failure'
