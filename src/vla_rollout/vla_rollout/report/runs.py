"""Runs as rollout and simulate left them."""

from collections import Counter
from dataclasses import dataclass
import json
from pathlib import Path
from typing import Any

from vla_contract.errors import did_you_mean, ResourceNotFoundError, VlaError

SUCCESS = 'success'


@dataclass(frozen=True)
class Run:
    """One run.

    Attributes:
        folder: where it lies.
        settings: names of robot, cell, task and policy, and the rest.
        results: one entry per episode, as `EpisodeResult.as_dict`.
    """

    folder: Path
    settings: dict[str, Any]
    results: tuple[dict[str, Any], ...]

    @property
    def is_real(self) -> bool:
        """Whether an operator judged what a real robot did; a simulator judges its own."""
        return bool(self.settings.get('operator'))

    @property
    def successes(self) -> int:
        """How many episodes succeeded."""
        return sum(bool(result['success']) for result in self.results)

    @property
    def seeds(self) -> list[int]:
        """Seeds of the episodes, in order."""
        return [int(result['seed']) for result in self.results]

    @property
    def outcomes_in_order(self) -> list[bool]:
        """Whether each episode succeeded, in order."""
        return [bool(result['success']) for result in self.results]

    def outcomes(self) -> Counter[str]:
        """Return episodes by outcome: success, the diagnosed mode, or how it ended."""
        return Counter(map(outcome, self.results))

    def latencies_ms(self) -> list[float]:
        """Return the median chunk latency of every episode that has one [ms]."""
        values = (result.get('chunk_latency_p50_ms') for result in self.results)
        return [float(value) for value in values if value is not None]


def outcome(result: dict[str, Any]) -> str:
    """Return how an episode counts."""
    if result['success']:
        return SUCCESS
    return str(result.get('failure_mode') or result.get('termination') or 'unknown')


def load_run(folder: Path) -> Run:
    """Read the summary.json of a run folder.

    Raises:
        VlaError: there is none, it is damaged, or it has no finished episode.
    """
    path = folder / 'summary.json'
    try:
        values = json.loads(path.read_text())
        # A run keeps its own name when it is looked at as runs/latest.
        run = Run(folder.resolve(), dict(values['settings']), tuple(values['results']))
        counted = run.successes
    except FileNotFoundError:
        runs = [found.parent.name for found in folder.parent.glob('*/summary.json')]
        cure = f'{did_you_mean(folder.name, runs)} give the folder of a run'.lstrip()
        raise ResourceNotFoundError('run', folder, cure) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise VlaError(f'{path}: not what rollout or simulate writes: {error}') from error
    if not run.results or counted > len(run.results):
        raise VlaError(f'{path}: no episode finished')
    return run
