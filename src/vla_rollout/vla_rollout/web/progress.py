"""How far a run of counted episodes is, for whoever watches it."""

from collections.abc import Sequence
import threading
from typing import Any

from vla_rollout.episodes.answers import score_of
from vla_rollout.episodes.control import Phase
from vla_rollout.episodes.episode import EpisodeResult

_AWAITING = (Phase.READY, Phase.PAUSED, Phase.ENDED)


class RunProgress:
    """Keeps what the run has come to; the run writes, any thread may read."""

    def __init__(self, episodes: int) -> None:
        """Begin a run.

        Args:
            episodes: how many are to be counted.
        """
        self._lock = threading.Lock()
        self._episodes = episodes
        self._results: tuple[EpisodeResult, ...] = ()
        self._said = self._finished = ''
        self._said_in = Phase.BUSY

    def take(self, results: Sequence[EpisodeResult]) -> None:
        """Take every episode so far, also those that do not count."""
        with self._lock:
            self._results = tuple(results)

    def say(self, line: str, phase: Phase) -> None:
        """Keep the newest line that the run tells its operator; '' changes nothing."""
        with self._lock:
            if line:
                self._said, self._said_in = line, phase

    def finish(self, line: str) -> None:
        """Keep how the run ended."""
        with self._lock:
            self._finished = line

    def facts(self, phase: Phase) -> dict[str, Any]:
        """Return which episode is next or runs, the rate so far and what was said.

        `rate` is a sentence with its interval, `finished` is '' while the run goes on. What was
        asked for, such as a start, is said no more when it has come.

        Args:
            phase: where the run is now.
        """
        with self._lock:
            results, said, finished = self._results, self._said, self._finished
            if self._said_in in _AWAITING and phase is not self._said_in:
                said = ''
        counted = [result for result in results if result.is_counted]
        return {
            'episode': min(len(counted) + 1, self._episodes),
            'episodes': self._episodes,
            'rate': score_of(counted).rate if counted else '',
            'said': said,
            'finished': finished,
        }
