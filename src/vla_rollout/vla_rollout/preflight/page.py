"""The checklist as a page, in the terminal, and for machines."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from html import escape
import json
from pathlib import Path
from typing import Any

from vla_contract.check import Check, Status
from vla_contract.cli.command import write_json
from vla_contract.errors import VlaError
from vla_contract.page.page import facts as facts_table
from vla_contract.page.page import Html, mark, table, verdict, write_page
from vla_rollout.preflight.progress import Progress
from vla_rollout.preflight.record import GROUPS, IS_COMPLETE, items_of, VALID
from vla_rollout.preflight.seal import sealed

# On paper alone there is a place to sign.
_STYLE = """
.signature { display: none }
@media print { .signature { display: grid; grid-template-columns: 2fr 1fr; gap: 3em;
      margin-top: 5em } .signature p { border-top: 1px solid var(--text); padding-top: .3em }
  tr { break-inside: avoid } }
"""
_SIGNATURE = '<div class="signature"><p>name and signature</p><p>date and time</p></div>'
_GOOD = {Status.OK: True, Status.WARN: None, Status.UNKNOWN: None}


def all_hold(checks: Sequence[Check]) -> bool:
    """Whether a deployment may begin."""
    return all(check.is_good_enough for check in checks)


def write_checklist(
    folder: Path,
    checks: Sequence[Check],
    facts: Mapping[str, Any],
    extra_json: Path | None,
    progress: Progress | None = None,
) -> None:
    """Write preflight.json and preflight.html into a folder.

    Args:
        folder: of the run.
        checks: every item.
        facts: what `provenance` says of cell and policy, operator and date.
        extra_json: also write the JSON there.
        progress: of a checklist that was broken off, or is gone through yet; None for a whole one.

    Raises:
        VlaError: it cannot be sealed.
    """
    holds = all_hold(checks) and progress is None
    state = {IS_COMPLETE: progress is None, GROUPS: progress.sizes if progress else []}
    items = [asdict(check) for check in checks]
    result = sealed({'passed': holds, **state, **facts, 'items': items})
    for path in filter(None, (folder / 'preflight.json', extra_json)):
        write_json(path, result)
    open_items = [check.name for check in checks if not check.is_good_enough]
    body = [
        verdict(holds, [f'does not hold: {item}' for item in open_items]),
        *_validity(facts, holds),
        checklist_table(checks),
        '<h2>Of what</h2>',
        facts_table(facts),
        _SIGNATURE,
    ]
    names = [facts.get(name) for name in ('deployment', 'policy')]
    of = ', '.join(name for name in names if isinstance(name, str) and name)
    write_page(
        folder / 'preflight.html', f'Preflight of {of}' if of else 'Preflight', body, _STYLE
    )


def _validity(facts: Mapping[str, Any], holds: bool) -> list[str]:
    """Return who began it and when, and until when it counts where it passed."""
    if not isinstance(date := facts.get('date'), str):
        return []
    begun = datetime.fromisoformat(date)
    until = f'; good until {begun + VALID:%Y-%m-%d %H:%M %Z}' if holds else ''
    operator = escape(str(facts.get('operator') or 'nobody'))
    return [f'<p>Operator: {operator}. Begun {begun:%Y-%m-%d %H:%M %Z}{until}.</p>']


def checklist_table(checks: Sequence[Check]) -> Html:
    """Return the items as a table of a page."""
    rows = [
        (
            mark(c.status, _GOOD.get(c.status, False)),
            c.name,
            c.found,
            c.allowed,
            '' if c.status is Status.OK else c.fix,
        )
        for c in checks
    ]
    return table(('', 'item', 'found', 'must be', 'what helps'), rows)


def read_checklist(path: Path) -> list[Check]:
    """Read the items of a preflight.json.

    Raises:
        VlaError: it is missing or damaged.
    """
    try:
        values = json.loads(path.read_text())
        if 'items' not in values:
            raise ValueError('it has no items')
        return items_of(values)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise VlaError(f'{path}: not what preflight writes: {error}') from error
