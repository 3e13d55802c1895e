"""The last lines of a command that counts episodes, and its exit status."""

from collections.abc import Sequence
from pathlib import Path
import shlex
import sys

from vla_contract.cli.command import DONE, NOT_GOOD_ENOUGH
from vla_contract.cli.terminal import Colour, painted
from vla_rollout.episodes.answers import Answered, score_of
from vla_rollout.episodes.episode import EpisodeResult, summary_line


def conclude(
    label: str, results: Sequence[EpisodeResult], folder: Path, least: float | None
) -> int:
    """Print the success of a run and what to do next; return the exit status.

    Args:
        label: which policy ran.
        results: of all episodes.
        folder: of the run.
        least: success rate from which it is good enough, None where any is.

    Returns:
        0, or 1 where no episode had an answer of the policy, or fewer succeeded.
    """
    print(painted(f'{label}: {summary_line(list(results))}', Colour.STRONG))
    print(next_command(folder), flush=True)
    counted = [result for result in results if result.is_counted]
    return status_of([counted], least)


def next_command(folder: Path) -> str:
    """Return the line that says how to look at a run."""
    return f'next: vla rollout report {shlex.quote(str(folder))}'


def status_of(runs: Sequence[Sequence[Answered]], least: float | None) -> int:
    """Return the exit status of runs; say on stderr which rate is too low.

    Args:
        runs: the episodes that count, of each policy and domain.
        least: as in `conclude`. An episode without an answer is no success here.
    """
    scores = [score_of(run) for run in runs]
    is_good = all(score.episodes or not score.errors for score in scores)
    for score in scores if least is not None else ():
        count = score.episodes + score.errors
        if score.successes < (least or 0.0) * count or not count:
            is_good = False
            said = f'not enough: {score.successes} of {count} succeeded; --least {least:g}'
            print(painted(said, Colour.BAD, sys.stderr), file=sys.stderr)
    return DONE if is_good else NOT_GOOD_ENOUGH
