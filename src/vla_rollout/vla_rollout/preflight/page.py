"""The checklist as a page, in the terminal, and for machines."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from vla_contract.command import write_json
from vla_contract.report_page import mark, table, verdict, write_page
from vla_rollout.preflight.finding import Finding, Status

_SIGNS = {Status.HOLDS: '✓', Status.FAILS: '✗', Status.OPEN: '?'}


def all_hold(findings: Sequence[Finding]) -> bool:
    """Whether a deployment may begin."""
    return all(finding.status is Status.HOLDS for finding in findings)


def finding_line(finding: Finding) -> str:
    """Return one line for the terminal."""
    line = f'{_SIGNS[finding.status]} {finding.item}: {finding.found} (must be: {finding.allowed})'
    return line if finding.status is Status.HOLDS else f'{line}; {finding.fix}'


def write_checklist(
    folder: Path, findings: Sequence[Finding], facts: dict[str, Any], extra_json: Path | None
) -> None:
    """Write preflight.json and preflight.html into a folder.

    Args:
        folder: of the run.
        findings: every item.
        facts: hashes of robot and policy, operator and date.
        extra_json: also write the JSON there.
    """
    holds = all_hold(findings)
    result = {'passed': holds, **facts, 'items': [asdict(finding) for finding in findings]}
    for path in filter(None, (folder / 'preflight.json', extra_json)):
        write_json(path, result)
    rows = [
        (mark(f.status, f.status is Status.HOLDS), f.item, f.found, f.allowed, f.fix)
        for f in findings
    ]
    open_items = [f.item for f in findings if f.status is not Status.HOLDS]
    body = [
        verdict(holds, [f'does not hold: {item}' for item in open_items]),
        table(('', 'item', 'found', 'must be', 'what helps'), rows),
        table(('', ''), [(key, str(value)) for key, value in facts.items()]),
    ]
    write_page(folder / 'preflight.html', 'Before the deployment', body)
