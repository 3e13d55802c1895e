"""What every kind of run offers to a report."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self

from vla_rollout.episodes.policy_label import policy_label
from vla_rollout.report.kinds.episode_row import EpisodeRow
from vla_rollout.report.recorded import RecordedRun
from vla_rollout.report.text import printable

ERROR = 'error'
"""What an episode without an answer of the policy counts as, in no rate."""

Suites = Mapping[str, tuple[EpisodeRow, ...]]


@dataclass(frozen=True)
class Place:
    """Where on a page a run is shown.

    Attributes:
        output: folder of the page, from which links begin.
        anchor: what the names of its link targets begin with.
        heading: of its parts, such as h2.
        video_bytes: how much of its videos goes into the page.
    """

    output: Path
    anchor: str
    heading: str
    video_bytes: int


@dataclass(frozen=True)
class AnyRun(ABC):
    """A folder that a command wrote; one subclass per kind of summary.json.

    Attributes:
        folder: where it lies.
        settings: names of robot, cell, task and policy, and the rest.
        key: the name in summary.json by which its kind is known.
        commands: what writes it.
    """

    folder: Path
    settings: dict[str, Any] = field(repr=False)
    key: ClassVar[str]
    commands: ClassVar[str]

    @property
    def name(self) -> str:
        """What the page calls it: the folder's name."""
        return printable(self.folder.name)

    @property
    def label(self) -> str:
        """What ran: the checkpoint, or a backend that reads none."""
        facts = (str(self.settings.get(name) or '') for name in ('backend', 'source', 'policy'))
        return policy_label(*facts)

    @classmethod
    @abstractmethod
    def read(cls, folder: Path, values: dict[str, Any], where: str) -> Self:
        """Return the run of a summary.json.

        Args:
            folder: of the run.
            values: what stands in the file; `settings` are names and values.
            where: name of the file, for errors.

        Raises:
            SettingError: a value is missing or of the wrong type.
        """

    @property
    @abstractmethod
    def suites(self) -> Suites:
        """Its episodes, by what those of a part have in common; '' where it has no parts."""

    @abstractmethod
    def section(self, recorded: RecordedRun, place: Place) -> list[str]:
        """Return what the page says of it, HTML."""

    @abstractmethod
    def figures(self, recorded: RecordedRun) -> dict[str, Any]:
        """Return its numbers, for JSON."""


def as_figures(row: EpisodeRow) -> dict[str, Any]:
    """Return what stands in the JSON of a report for an episode."""
    cause = row.cause
    outcome = ERROR if row.is_error else cause.mode
    return {'seed': row.seed, 'outcome': outcome, 'cause': cause.sentence}
