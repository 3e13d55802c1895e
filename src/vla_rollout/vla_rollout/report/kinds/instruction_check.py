"""Scenes that were told two instructions, as `vla check instruction` leaves them."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from vla_contract.cli.page import Entry, mark, table
from vla_contract.errors import SettingError
from vla_rollout.report.kinds.any_run import AnyRun, as_figures, Place, Suites
from vla_rollout.report.kinds.episode_row import episode_rows, EpisodeRow
from vla_rollout.report.recorded import RecordedRun
from vla_rollout.report.text import brief
from vla_rollout.statistics.intervals import format_interval

DRAWN, SWAPPED = 'as_drawn', 'swapped'
LIFTED = ('named', 'other', 'nothing')
"""What may have been lifted."""


@dataclass(frozen=True)
class InstructionCheck(AnyRun):
    """A run with every scene told as it was drawn, and told another colour.

    Attributes:
        ways: the episodes by how they were told, the same scenes in the same order.
    """

    key = DRAWN
    commands = 'vla check instruction'
    ways: dict[str, tuple[EpisodeRow, ...]]

    @classmethod
    def read(cls, folder: Path, values: dict[str, Any], where: str) -> Self:
        """Return the run of a summary.json."""
        ways = {}
        for way in (DRAWN, SWAPPED):
            found = values.get(way)
            if not isinstance(found, dict):
                raise SettingError(where, way, type(found).__name__, 'names and values')
            ways[way] = episode_rows(found.get('results'), where, f'{way}.results')
        return cls(folder, values['settings'], ways)

    @property
    def suites(self) -> Suites:
        """The episodes by how they were told."""
        return self.ways

    @property
    def both_obeyed(self) -> int:
        """In how many scenes both instructions were obeyed."""
        pairs = zip(*self.ways.values(), strict=False)
        return sum(all(result.success for result in pair) for pair in pairs)

    def section(self, recorded: RecordedRun, place: Place) -> list[str]:
        """Return what was obeyed and lifted, and every telling."""
        ways: list[tuple[Entry, ...]] = [
            (
                way.replace('_', ' '),
                format_interval(sum(r.success for r in results), len(results)),
                *(Counter(r.lifted for r in results)[name] for name in LIFTED),
            )
            for way, results in self.ways.items()
            if results
        ]
        told = [
            (
                result.seed,
                way.replace('_', ' '),
                brief(result.instruction),
                brief(result.lifted),
                mark(brief(result.cause.sentence), result.success),
                f'{result.duration_s:.1f}',
            )
            for pair in zip(*self.ways.values(), strict=False)
            for way, result in zip(self.ways, pair, strict=True)
        ]
        scenes = min(len(results) for results in self.ways.values())
        heads = ('seed', 'told', 'instruction', 'lifted', 'outcome', 'time [s]')
        return [
            f'<p><strong>both instructions obeyed in {self.both_obeyed} of {scenes} scenes'
            '</strong></p>',
            table(('told', 'obeyed', *(f'lifted: {name}' for name in LIFTED)), ways),
            f'<{place.heading}>Scenes</{place.heading}>',
            table(heads, told),
        ]

    def figures(self, recorded: RecordedRun) -> dict[str, Any]:
        """Return counts and the cause of every episode, by how it was told."""
        return {
            'scenes_with_both_obeyed': self.both_obeyed,
            **{
                way: {
                    'episodes': len(results),
                    'obeyed': sum(result.success for result in results),
                    'lifted': dict(Counter(result.lifted for result in results)),
                    'results': [as_figures(result) for result in results],
                }
                for way, results in self.ways.items()
            },
        }
