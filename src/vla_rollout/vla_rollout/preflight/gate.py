"""No deployment without a checklist that passed, for this cell and this policy, lately."""

from collections.abc import Mapping
from datetime import datetime, timedelta
import json
from pathlib import Path

from vla_contract.errors import VlaError
from vla_policy_server.identity.policy_identity import PolicyIdentity
from vla_rollout.preflight.seal import unsealed
from vla_rollout.preflight.subject import Subject

# A shift: what was looked at yesterday has been touched since.
_VALID = timedelta(hours=12)


def require_passed(path: Path, subject: Subject, now: datetime) -> None:
    """Check a preflight.json.

    Args:
        path: what `preflight` wrote.
        subject: what is to move.
        now: with its zone.

    Raises:
        VlaError: as `read_passed` and `require_same_policy`.
    """
    passed = read_passed(path, subject.cell_sha256, subject.calibration_ids, now)
    require_same_policy(path, passed, subject.policy)


def read_passed(
    path: Path, cell_sha256: str, calibration_ids: Mapping[str, str], now: datetime
) -> Subject:
    """Read for what a checklist has passed.

    Args:
        path: what `preflight` wrote.
        cell_sha256: the cell whose robot is to move.
        calibration_ids: of its cameras, as they are now.
        now: with its zone.

    Raises:
        VlaError: it is missing, damaged or edited, did not pass, is of another cell or other
            calibrations, or older than 12 hours.
    """
    if not path.is_file():
        raise VlaError(f'there is no {path}; run preflight --json {path} first')
    try:
        result = unsealed(json.loads(path.read_text()), path)
        date, passed = datetime.fromisoformat(result['date']), result['passed']
        age = now - date
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise VlaError(f'{path}: not what preflight writes: {error}') from error
    if passed is not True:
        raise VlaError(f'{path}: the checklist did not pass; see the page beside it')
    try:
        subject = Subject.of(result)
    except VlaError as error:
        raise VlaError(f'{path}: not what preflight writes: {error}') from error
    ours = Subject(cell_sha256, calibration_ids, subject.policy)
    _require_nothing_else(path, ours.differences(subject))
    if not timedelta() <= age <= _VALID:
        hours = age / timedelta(hours=1)
        raise VlaError(f'{path} is {hours:.0f} hours old; allowed: 12; run preflight again')
    return subject


def require_same_policy(path: Path, passed: Subject, policy: PolicyIdentity) -> None:
    """Check that what is to move is what the checklist was gone through with.

    Args:
        path: what `preflight` wrote, for the error.
        passed: as `read_passed`.
        policy: what the policy server says it serves.

    Raises:
        VlaError: it is unknown, or another policy, backend or cell; says which differs.
    """
    ours = Subject(passed.cell_sha256, passed.calibration_ids, policy)
    ours.require_known()
    _require_nothing_else(path, ours.differences(passed))


def _require_nothing_else(path: Path, differences: list[str]) -> None:
    if differences:
        raise VlaError(
            f'{path} is of something else: {", ".join(differences)}; run preflight again'
        )
