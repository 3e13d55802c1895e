"""The checklist as a page, in the terminal, and for machines."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
import json
from pathlib import Path
from typing import Any

from vla_contract.check import Check, Status
from vla_contract.cli.command import write_json
from vla_contract.cli.page import facts as facts_table
from vla_contract.cli.page import Html, mark, table, verdict, write_page
from vla_contract.errors import VlaError
from vla_rollout.preflight.progress import Progress
from vla_rollout.preflight.record import GROUPS, IS_COMPLETE, items_of
from vla_rollout.preflight.seal import sealed

_GOOD = {Status.OK: True, Status.WARN: None}


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
        checklist_table(checks),
        facts_table(facts),
    ]
    write_page(folder / 'preflight.html', 'Preflight', body)


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
