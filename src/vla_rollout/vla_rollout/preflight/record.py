"""What preflight has written, as whoever permits something by it reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
import json
from pathlib import Path
from typing import Any

from vla_contract.check import Check, Status
from vla_contract.errors import VlaError
from vla_rollout.preflight.progress import Kept, kept_groups
from vla_rollout.preflight.seal import unsealed
from vla_rollout.preflight.subject import Subject

# A shift: what was looked at yesterday has been touched since.
VALID = timedelta(hours=12)
"""How long a checklist counts from when it was begun."""
IS_COMPLETE, GROUPS = 'is_complete', 'groups'


@dataclass(frozen=True)
class Record:
    """A preflight.json.

    Attributes:
        path: of the file.
        date: when it was begun.
        operator: who answered.
        has_passed: whether every item holds.
        is_complete: whether every item was looked at.
        subject: what was checked.
        kept: groups of which every item holds.
    """

    path: Path
    date: datetime
    operator: str
    has_passed: bool
    is_complete: bool
    subject: Subject
    kept: Kept

    def require_same(self, ours: Subject) -> None:
        """Check that it is of a subject.

        Raises:
            VlaError: says in what it is another.
        """
        if differences := ours.differences(self.subject):
            raise VlaError(
                f'{self.path} is of something else: {", ".join(differences)}; run preflight again'
            )

    def require_recent(self, now: datetime) -> None:
        """Check that it still counts.

        Args:
            now: with its zone.

        Raises:
            VlaError: it was begun more than 12 hours ago, or is to begin yet.
        """
        age = now - self.date
        if not timedelta() <= age <= VALID:
            hours = age / timedelta(hours=1)
            raise VlaError(
                f'{self.path} is {hours:.0f} hours old; allowed: 12; run preflight again'
            )


def read_record(path: Path) -> Record:
    """Read a preflight.json.

    Raises:
        VlaError: it is missing, damaged or edited.
    """
    if not path.is_file():
        raise VlaError(f'there is no {path}; run preflight --json {path} first')
    try:
        values = unsealed(json.loads(path.read_text()), path)
        date = datetime.fromisoformat(values['date'])
        if date.tzinfo is None:
            raise ValueError(f'date {date} without a zone')
        return Record(
            path,
            date,
            str(values.get('operator', '')),
            values['passed'] is True,
            values.get(IS_COMPLETE, True) is True,
            _subject(values, path),
            kept_groups(values.get(GROUPS, []), items_of(values)),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise VlaError(f'{path}: not what preflight writes: {error}') from error


def read_unfinished(path: Path, subject: Subject, operator: str, now: datetime) -> Record:
    """Read a checklist that was broken off, to go on with it.

    Args:
        path: what `preflight` wrote.
        subject: what is checked now.
        operator: who answers now, '' for the same as before.
        now: with its zone.

    Raises:
        VlaError: there is nothing to go on with, or it is of another subject, another operator,
            or older than 12 hours.
    """
    record = read_record(path)
    if record.is_complete:
        raise VlaError(f'{path}: every item was looked at; run preflight without --resume')
    record.require_same(subject)
    record.require_recent(now)
    if operator and operator != record.operator:
        raise VlaError(
            f"{path} was begun by operator '{record.operator}', not '{operator}'; "
            'run preflight again'
        )
    return record


def items_of(values: Mapping[str, Any]) -> list[Check]:
    """Return the items in the values of a preflight.json.

    Raises:
        ValueError, TypeError: one of them is damaged.
    """
    items = values.get('items', [])
    return [Check(**{**item, 'status': Status(item['status'])}) for item in items]


def _subject(values: Mapping[str, Any], path: Path) -> Subject:
    try:
        return Subject.of(values)
    except VlaError as error:
        raise VlaError(f'{path}: not what preflight writes: {error}') from error
