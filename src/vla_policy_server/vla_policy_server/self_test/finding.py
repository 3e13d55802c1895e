"""What a check found."""

from dataclasses import dataclass

PASS, FAIL, SKIP = 'pass', 'FAIL', 'skip'


@dataclass(frozen=True)
class Finding:
    """Verdict and evidence of one check.

    Attributes:
        verdict: `pass`, `FAIL`, or `skip` where the question does not arise.
        found: one line with numbers, or why it was skipped.
    """

    verdict: str
    found: str


def judge(is_good: bool, found: str) -> Finding:
    """Return a passed or a failed finding."""
    return Finding(PASS if is_good else FAIL, found)
