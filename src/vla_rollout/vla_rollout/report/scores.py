"""A score as a page shows it: the rate, and how many episodes say nothing about the policy."""

from vla_rollout.episodes.answers import Score
from vla_rollout.report.text import brief


def score_text(score: Score, what: str = '') -> str:
    """Return e.g. '3 of 10 episodes had no answer (last: out of memory); success 5/7 (71%, ...)'.

    Args:
        score: of the episodes.
        what: name of the rate, where no heading says it.
    """
    rate = f'{what} {score.rate}'.lstrip()
    return '; '.join(brief(part) for part in (score.silence, rate, *score.notes()) if part)
