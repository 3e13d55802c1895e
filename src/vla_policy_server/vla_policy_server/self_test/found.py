"""What a look at a policy found, for a row of the table of checks."""

from vla_contract.check import Status

Found = tuple[Status, str]
"""How it stands, and one line with numbers, or why the question does not arise."""


def judge(is_good: bool, found: str) -> Found:
    """Return what a measurement found."""
    return (Status.OK if is_good else Status.FAIL), found


def skip(why: str) -> Found:
    """Return that the question does not arise."""
    return Status.SKIP, why


def warn(found: str) -> Found:
    """Return that something is good enough, with a remark."""
    return Status.WARN, found
