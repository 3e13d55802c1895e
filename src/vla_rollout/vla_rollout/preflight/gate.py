"""No deployment without a checklist that passed, for this cell and this checkpoint, lately."""

from datetime import datetime, timedelta
import json
from pathlib import Path

from vla_contract.errors import VlaError

# A shift: what was looked at yesterday has been touched since.
_VALID = timedelta(hours=12)


def require_passed(path: Path, cell_sha256: str, policy_sha256: str, now: datetime) -> None:
    """Check a preflight.json.

    Args:
        path: what `preflight` wrote.
        cell_sha256: the cell whose robot is to move.
        policy_sha256: the checkpoint that moves it.
        now: with its zone.

    Raises:
        VlaError: it is missing or damaged, did not pass, is of another cell or checkpoint, or
            older than 12 hours.
    """
    if not path.is_file():
        raise VlaError(f'there is no {path}; run preflight --json {path} first')
    try:
        result = json.loads(path.read_text())
        date = datetime.fromisoformat(result['date'])
        passed, cell, policy = (result[key] for key in ('passed', 'cell_sha256', 'policy_sha256'))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise VlaError(f'{path}: not what preflight writes: {error}') from error
    if passed is not True:
        raise VlaError(f'{path}: the checklist did not pass; see the page beside it')
    if (cell, policy) != (cell_sha256, policy_sha256):
        raise VlaError(f'{path} is of another cell or checkpoint; run preflight again')
    if not timedelta() <= now - date <= _VALID:
        hours = (now - date) / timedelta(hours=1)
        raise VlaError(f'{path} is {hours:.0f} hours old; allowed: 12; run preflight again')
