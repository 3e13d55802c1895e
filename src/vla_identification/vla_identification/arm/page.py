"""The report of an identification: what is known, what is not, and what it is worth."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

from vla_contract.cli.page import Entry, figure, mark, table, write_page
from vla_identification.arm.findings import COARSE, Finding, IDENTIFIED
from vla_identification.gap.replay_gap import ReplayGap


def write_identification_page(
    path: Path,
    title: str,
    notes: Sequence[str],
    findings: Sequence[Finding],
    blind: Sequence[str],
    before: ReplayGap,
    after: ReplayGap,
    joints: tuple[str, ...],
) -> None:
    """Write the page.

    Args:
        path: HTML file, replaced where it exists.
        title: heading.
        notes: sentences about recordings and method.
        findings: every number.
        blind: combinations that the motion does not show.
        before: replay of the held-out motion in the nominal simulator.
        after: the same with the estimates.
        joints: names of the arm's joints.
    """
    from vla_identification.gap.figure import gap_figure

    rows: list[tuple[Entry, ...]] = [_row(finding) for finding in findings]
    gaps: list[tuple[Entry, ...]] = [
        ('joints, rms [mrad]', 1000 * before.joint_rms, 1000 * after.joint_rms),
        ('tool, rms [mm]', before.tool_rms_mm, after.tool_rms_mm),
        ('tool, largest [mm]', float(before.tool_mm.max()), float(after.tool_mm.max())),
    ]
    said = ''.join(f'<li>{escape(note)}</li>' for note in notes)
    write_page(path, title, [
        f'<ul>{said}</ul>',
        '<h2>Replay of the held-out motion</h2>',
        table(('error of the simulation', 'before', 'after'), gaps),
        figure(gap_figure(before, after, joints), 'Same commands, simulated and recorded'),
        '<h2>Numbers</h2>',
        table(('term', 'joint', 'estimate', '95 %', 'unit', ''), rows),
        '<h2>What this motion does not show</h2>',
        table(('combination', ), [(text,) for text in blind]),
    ])  # fmt: skip


def _row(finding: Finding) -> tuple[Entry, ...]:
    verdict: Entry = finding.verdict
    if finding.verdict != COARSE:
        verdict = mark(finding.verdict, finding.verdict == IDENTIFIED)
    value, width = f'{finding.value:.4g}', f'+- {finding.half_width:.2g}'
    return finding.term, finding.joint, value, width, finding.unit, verdict
