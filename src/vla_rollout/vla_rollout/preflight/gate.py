"""No deployment without a checklist that passed, for this cell and this policy, lately."""

from datetime import datetime
from pathlib import Path

from vla_contract.errors import VlaError
from vla_policy_server.identity.policy_identity import PolicyIdentity
from vla_rollout.preflight.record import read_record, Record
from vla_rollout.preflight.subject import Place, Subject


def require_passed(path: Path, subject: Subject, now: datetime) -> None:
    """Check a preflight.json.

    Args:
        path: what `preflight` wrote.
        subject: what is to move.
        now: with its zone.

    Raises:
        VlaError: as `read_passed` and `require_same_policy`.
    """
    passed = read_passed(path, subject, now)
    require_same_policy(passed, subject.policy)


def read_passed(path: Path, place: Place, now: datetime) -> Record:
    """Read what a checklist has passed for.

    Args:
        path: what `preflight` wrote.
        place: where something is to move, as it is now.
        now: with its zone.

    Raises:
        VlaError: it is missing, damaged or edited, was broken off or did not pass, is of another
            cell, description or calibrations, or older than 12 hours.
    """
    record = read_record(path)
    if not record.is_complete:
        raise VlaError(
            f'{path}: the checklist was broken off; go on with it: preflight --resume {path}'
        )
    if not record.has_passed:
        raise VlaError(f'{path}: the checklist did not pass; see the page beside it')
    record.require_same(Subject.at(place, record.subject.policy))
    record.require_recent(now)
    return record


def require_same_policy(passed: Record, policy: PolicyIdentity) -> None:
    """Check that what is to move is what the checklist was gone through with.

    Args:
        passed: as `read_passed`.
        policy: what the policy server says it serves.

    Raises:
        VlaError: it is unknown, or another policy, backend or cell; says which differs.
    """
    ours = Subject.at(passed.subject, policy)
    ours.require_known()
    passed.require_same(ours)
