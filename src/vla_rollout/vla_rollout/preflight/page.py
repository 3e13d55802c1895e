"""The checklist as a page, in the terminal, and for machines."""

from collections.abc import Sequence
from dataclasses import asdict
import json
from pathlib import Path
from typing import Any

from vla_contract.cli.command import write_json
from vla_contract.cli.page import Html, mark, table, verdict, write_page
from vla_contract.errors import VlaError
from vla_rollout.preflight.finding import Finding, Status

_SIGNS = {Status.HOLDS: '✓', Status.WARNS: '!', Status.FAILS: '✗', Status.OPEN: '?'}
_GOOD_ENOUGH = (Status.HOLDS, Status.WARNS)


def all_hold(findings: Sequence[Finding]) -> bool:
    """Whether a deployment may begin."""
    return all(finding.status in _GOOD_ENOUGH for finding in findings)


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
    open_items = [f.item for f in findings if f.status not in _GOOD_ENOUGH]
    body = [
        verdict(holds, [f'does not hold: {item}' for item in open_items]),
        checklist_table(findings),
        table(('', ''), [(key, str(value)) for key, value in facts.items()]),
    ]
    write_page(folder / 'preflight.html', 'Before the deployment', body)


def checklist_table(findings: Sequence[Finding]) -> Html:
    """Return the items as a table of a page."""
    rows = [
        (mark(f.status, holds), f.item, f.found, f.allowed, '' if holds else f.fix)
        for f in findings
        for holds in (f.status is Status.HOLDS,)
    ]
    return table(('', 'item', 'found', 'must be', 'what helps'), rows)


def read_checklist(path: Path) -> list[Finding]:
    """Read the items of a preflight.json.

    Raises:
        VlaError: it is missing or damaged.
    """
    try:
        items = json.loads(path.read_text())['items']
        return [Finding(**{**item, 'status': Status(item['status'])}) for item in items]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise VlaError(f'{path}: not what preflight writes: {error}') from error
