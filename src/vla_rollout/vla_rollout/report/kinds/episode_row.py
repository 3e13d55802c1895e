"""One episode as it stands in a summary.json."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from vla_contract.errors import SettingError
from vla_contract.schema import build
from vla_rollout.episodes.answers import has_answer
from vla_rollout.episodes.cause import cause_of, EpisodeCause


@dataclass(frozen=True)
class EpisodeRow:
    """What a report shows of an episode; the names are those of `EpisodeResult`.

    `vla check instruction` says also what was told and what was lifted.
    """

    seed: int
    success: bool
    termination: str
    duration_s: float
    interventions: int = 0
    chunks: int = 0
    chunk_latency_p50_ms: float | None = None
    filter_counters: dict[str, int] = field(default_factory=dict)
    failure_mode: str | None = None
    failure_cause: str = ''
    advice: str = ''
    alarms: tuple[str, ...] = ()
    recording: str | None = None
    video: str | None = None
    stop_cause: str = ''
    failed_inferences: int = 0
    inference_failure: str = ''
    chunk_refusal: str = ''
    is_counted: bool = True
    assisted: bool = False
    instruction: str = ''
    lifted: str = ''
    manifest: dict[str, Any] = field(default_factory=dict)

    @property
    def is_error(self) -> bool:
        """Whether it says nothing about the policy, because no answer reached the filter."""
        return self.is_counted and not has_answer(self)

    @property
    def cause(self) -> EpisodeCause:
        """Why it ended."""
        return cause_of(self)


_NAMES = {known.name for known in fields(EpisodeRow)}


def episode_rows(values: Any, where: str, name: str) -> tuple[EpisodeRow, ...]:
    """Return the episodes in a list; what a report does not show is passed over.

    Args:
        values: the list.
        where: file in which it stands.
        name: of the list.

    Raises:
        SettingError: it is no list, or a value of an episode is missing or of the wrong type.
    """
    rows = mappings(values, where, name)
    return tuple(
        build(EpisodeRow, {k: row[k] for k in row if k in _NAMES}, where, f'{name}[{i}].')
        for i, row in enumerate(rows)
    )


def mappings(values: Any, where: str, name: str) -> Sequence[dict[str, Any]]:
    """Return a list of mappings.

    Raises:
        SettingError: it is something else.
    """
    if not isinstance(values, list) or not all(isinstance(row, dict) for row in values):
        raise SettingError(where, name, type(values).__name__, 'a list of names and values')
    return values


def text(values: dict[str, Any], name: str, where: str, prefix: str) -> str:
    """Return a text.

    Raises:
        SettingError: it is missing, or something else.
    """
    if not isinstance(value := values.get(name), str):
        raise SettingError(where, f'{prefix}.{name}', type(value).__name__, 'str')
    return value
