"""The report of an identification: what is known, what is not, and what it is worth."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

from vla_contract.page.page import drawing, Entry, Html, mark, table, write_page
from vla_identification.arm.findings import COARSE, Finding, IDENTIFIED, UNIDENTIFIABLE
from vla_identification.gap.replay_gap import ReplayGap

_FACTOR = 'x nominal'
_MORE = (
    'Numbers of which the motion says too little keep their prior; that is information, no fault. '
    'A longer, faster motion shows more of them: <code>vla arm excitation --duration-s 30 '
    '--share 0.8</code>.'
)


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
    from vla_identification.gap.figure import gap_drawing

    gaps: list[tuple[Entry, ...]] = [
        ('joints, rms [mrad]', 1000 * before.joint_rms, 1000 * after.joint_rms),
        ('tool, rms [mm]', before.tool_rms_mm, after.tool_rms_mm),
        ('tool, largest [mm]', float(before.tool_mm.max()), float(after.tool_mm.max())),
    ]
    known = [finding for finding in findings if finding.verdict == IDENTIFIED]
    coarse = [finding for finding in findings if finding.verdict == COARSE]
    unknown = [finding for finding in findings if finding.verdict == UNIDENTIFIABLE]
    write_page(path, title, [
        _worth(before, after, len(known), len(findings)),
        _listed(notes),
        '<h2>Replay of the held-out motion</h2>',
        table(('error of the simulation', 'before', 'after'), gaps),
        drawing(gap_drawing(before, after, joints), 'same commands, simulated and recorded'),
        f'<h2>Identified: {len(known)} numbers</h2>', _numbers(known),
        f'<h2>Coarse: {len(coarse)} numbers</h2>', _numbers(coarse),
        '<h2>Not shown by this motion</h2>',
        f'<p>{_MORE}</p>' if unknown or blind else '<p>none</p>',
        _folded(f'{len(unknown)} numbers that keep their prior', _numbers(unknown), unknown),
        _folded(f'{len(blind)} combinations that are not told apart',
                table(('combination',), [(text,) for text in blind]), blind),
    ])  # fmt: skip


def _worth(before: ReplayGap, after: ReplayGap, known: int, total: int) -> Html:
    """Say in a sentence whether the simulator came nearer."""
    times = before.joint_rms / after.joint_rms
    is_nearer = times > 1.0
    found = (
        f'the simulator is {times:.1f} times nearer to the held-out motion'
        if is_nearer
        else 'the simulator came no nearer to the held-out motion: do not use these numbers'
    )
    return Html(f'<p>{mark(found, is_nearer)}; {known} of {total} numbers identified</p>')


def _listed(notes: Sequence[str]) -> Html:
    """Return the notes as a list."""
    return Html('<ul>' + ''.join(f'<li>{escape(note)}</li>' for note in notes) + '</ul>')


def _numbers(findings: Sequence[Finding]) -> Html:
    rows: list[tuple[Entry, ...]] = [
        (finding.term, finding.joint, f'{finding.value:.4g}', f'+- {finding.half_width:.2g}',
         finding.unit or _FACTOR)
        for finding in findings
    ]  # fmt: skip
    return table(('term', 'joint', 'estimate', '95 %', 'unit'), rows)


def _folded(title: str, body: Html, content: Sequence[object]) -> Html:
    if not content:
        return Html('')
    return Html(f'<details><summary>{escape(title)}</summary>{body}</details>')
