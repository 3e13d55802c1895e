"""The page of a report."""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from vla_contract.check import Check
from vla_contract.page.page import facts, write_page
from vla_rollout.preflight.page import checklist_table
from vla_rollout.report.comparisons import comparison_sections
from vla_rollout.report.kinds.any_run import AnyRun, Place
from vla_rollout.report.recorded import RecordedRun
from vla_rollout.report.style import STYLE
from vla_rollout.report.summary_card import summary_card
from vla_rollout.report.text import brief_values, printable

# Base64 makes a third more of it; the page stays below 20 MB.
_VIDEO_BYTES = 12_000_000


def write_report(
    path: Path,
    runs: Sequence[AnyRun],
    recorded: Sequence[RecordedRun],
    checklist: Sequence[Check] = (),
) -> None:
    """Write one self-contained page about all runs.

    Args:
        path: the page.
        runs: what is reported, each a section.
        recorded: what the recordings of each run add.
        checklist: of the preflight before them.
    """
    body: list[str] = []
    video_bytes = _VIDEO_BYTES // max(1, len(runs))
    # Below the heading of the page, or of the run.
    heading = 'h3' if len(runs) > 1 else 'h2'
    for number, (run, seen) in enumerate(zip(runs, recorded, strict=True), 1):
        if len(runs) > 1:
            body.append(f'<h2>{escape(run.name)}</h2>')
        body.append(summary_card(run))
        body += run.section(seen, Place(path.parent, f'run-{number}', heading, video_bytes))
        body += [f'<{heading}>Settings</{heading}>', facts(brief_values(_settings(run)))]
    body += comparison_sections(runs)
    if checklist:
        body += ['<h2>Checklist before the runs</h2>', checklist_table(checklist)]
    title = f'{len(runs)} runs' if len(runs) > 1 else runs[0].name
    write_page(path, title, map(printable, body), STYLE)


def _settings(run: AnyRun) -> dict[str, Any]:
    """Return the settings of a run without what its card says."""
    return {name: value for name, value in run.settings.items() if name != 'origin'}
