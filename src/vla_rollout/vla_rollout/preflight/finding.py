"""The answer to one item of the checklist."""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How an item stands; a deployment may begin with `holds` and with `warns`, which is less."""

    HOLDS = 'holds'
    WARNS = 'warns'
    FAILS = 'fails'
    OPEN = 'open'


@dataclass(frozen=True)
class Finding:
    """One line of the checklist.

    Attributes:
        item: what is asked.
        status: how it stands.
        found: what was measured, or who answered.
        allowed: what it must be.
        fix: what to do about it, '' where nothing is to be done.
    """

    item: str
    status: Status
    found: str
    allowed: str
    fix: str = ''


def measured(item: str, holds: bool, found: str, allowed: str, fix: str) -> Finding:
    """Return the finding of a measurement."""
    return Finding(item, Status.HOLDS if holds else Status.FAILS, found, allowed, fix)


def unknown(item: str, why: str, allowed: str, fix: str) -> Finding:
    """Return the finding of what could not be measured, which is never good enough."""
    return Finding(item, Status.OPEN, why, allowed, fix)
