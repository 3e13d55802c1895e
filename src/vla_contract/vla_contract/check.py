"""One finding of anything that looks at a robot, a policy, a graph or a machine."""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How a finding stands: good, good enough with a remark, not good, or not looked at.

    Unknown is what there was nothing to compare with, or what does not arise: nobody has to do
    anything about it, and nobody may take it for good either.
    """

    OK = 'ok'
    WARN = 'warn'
    FAIL = 'fail'
    SKIP = 'skip'
    UNKNOWN = 'unknown'


_SIGNS = {
    Status.OK: '✓',
    Status.WARN: '!',
    Status.FAIL: '✗',
    Status.SKIP: '?',
    Status.UNKNOWN: '?',
}


@dataclass(frozen=True)
class Check:
    """One line of a list of checks.

    Attributes:
        name: what is asked.
        status: how it stands.
        found: what was measured, who answered, or why nothing was looked at.
        allowed: what it must be.
        fix: what to do about it, '' where nothing is to be done.
    """

    name: str
    status: Status
    found: str
    allowed: str
    fix: str = ''

    @property
    def is_good_enough(self) -> bool:
        """Whether to go on with it."""
        return self.status in (Status.OK, Status.WARN, Status.UNKNOWN)

    @property
    def line(self) -> str:
        """One line for the terminal."""
        line = f'{_SIGNS[self.status]} {self.name}: {self.found} (must be: {self.allowed})'
        return f'{line}; {self.fix}' if self.fix and self.status is not Status.OK else line


def measured(name: str, is_good: bool, found: str, allowed: str, fix: str) -> Check:
    """Return what a measurement found: good or not."""
    return Check(name, Status.OK if is_good else Status.FAIL, found, allowed, fix)


def unknown(name: str, why: str, allowed: str, fix: str = '') -> Check:
    """Return that there was nothing to compare with, or nothing to ask."""
    return Check(name, Status.UNKNOWN, why, allowed, fix)


def skipped(name: str, why: str, allowed: str, fix: str) -> Check:
    """Return that something could not be measured."""
    return Check(name, Status.SKIP, why, allowed, fix)
