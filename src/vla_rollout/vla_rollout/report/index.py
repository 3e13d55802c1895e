"""All runs of a folder as one page: when, what ran, how often it succeeded."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from html import escape
import os
from pathlib import Path
from urllib.parse import quote

from vla_contract.errors import ResourceNotFoundError, VlaError
from vla_contract.page.page import Entry, Html, table, write_page
from vla_rollout.report.kinds.any_run import AnyRun
from vla_rollout.report.kinds.counted_run import CountedRun
from vla_rollout.report.load_run import load_run
from vla_rollout.report.run_files import date_of, SUMMARIES
from vla_rollout.report.scores import score_text
from vla_rollout.report.text import brief, printable

PAGE = 'index.html'
_REPORT = 'report.html'
_HEADS = ('when', 'run', 'deployment', 'policy', 'episodes', 'success')


@dataclass(frozen=True)
class Listed:
    """A run of the page.

    Attributes:
        folder: where it lies.
        when: it began, by its name; or when its summary was written.
        run: None where it cannot be read.
        fault: why, '' where it can.
    """

    folder: Path
    when: datetime
    run: AnyRun | None = None
    fault: str = ''


def list_runs(folder: Path) -> list[Listed]:
    """Return the runs of a folder, the newest first; those that cannot be read too.

    Raises:
        ResourceNotFoundError: there is no such folder, or no run in it.
    """
    found = [] if not folder.is_dir() else [path for path in folder.iterdir() if _is_run(path)]
    if not found:
        raise ResourceNotFoundError('run', folder / '*', 'give the folder that holds runs')
    listed = [_listed(path) for path in found]
    return sorted(listed, key=lambda each: (each.when, each.folder.name), reverse=True)


def write_index(folder: Path) -> Path:
    """Write index.html into a folder of runs; return its path.

    Raises:
        ResourceNotFoundError: there is no run in it.
        OSError: it cannot be written.
    """
    listed = list_runs(folder)
    rows = [_entries(each, folder) for each in listed]
    body = [table(_HEADS, rows), *_faults(listed)]
    path = folder / PAGE
    write_page(path, f'{len(listed)} runs in {printable(folder.resolve().name)}', body)
    return path


def _is_run(path: Path) -> bool:
    # runs/latest is a link to a run that is here by its own name.
    return not path.is_symlink() and any((path / name).is_file() for name in SUMMARIES)


def _listed(folder: Path) -> Listed:
    when = date_of(folder)
    try:
        return Listed(folder, when, load_run(folder))
    except VlaError as error:
        return Listed(folder, when, fault=str(error))


def _entries(listed: Listed, folder: Path) -> tuple[Entry, ...]:
    when, name = f'{listed.when:%Y-%m-%d %H:%M}', _link(listed.folder, folder)
    if listed.run is None:
        return when, name, '', '', '', Html('<span class="remark">see below</span>')
    run = listed.run
    deployment = brief(str(run.settings.get('deployment') or ''))
    count = sum(len(rows) for rows in run.suites.values())
    if not isinstance(run, CountedRun):
        return when, name, printable(deployment), '', count, f'{len(run.suites)} parts'
    score = printable(score_text(run.score)) if run.results else 'no episode counts'
    return when, name, printable(deployment), printable(brief(run.label)), count, score


def _link(run: Path, folder: Path) -> Html:
    """Return the name of a run, as a link to its report where it has one."""
    name = escape(printable(run.name))
    if not (run / _REPORT).is_file():
        return Html(name)
    target = quote(os.path.relpath(run / _REPORT, folder), errors='surrogateescape')
    return Html(f'<a href="{target}">{name}</a>')


def _faults(listed: list[Listed]) -> Iterator[str]:
    faults = [brief(printable(each.fault)) for each in listed if each.fault]
    if faults:
        items = ''.join(f'<li>{escape(fault)}</li>' for fault in faults)
        yield f'<h2>Not readable</h2><ul class="remark">{items}</ul>'
    if any(not (each.folder / _REPORT).is_file() for each in listed):
        yield '<p>A name without a link: `vla rollout report FOLDER` writes its report.</p>'
