"""Scenes that were told two instructions, as `vla check instruction` leaves them."""

from collections import Counter
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Self

from vla_contract.errors import SettingError
from vla_contract.page.page import Entry, mark, table
from vla_rollout.episodes.answers import answered, has_answer, score_of
from vla_rollout.report.kinds.any_run import AnyRun, as_figures, Place, Suites
from vla_rollout.report.kinds.episode_row import episode_rows, EpisodeRow
from vla_rollout.report.recorded import RecordedRun
from vla_rollout.report.scores import score_text
from vla_rollout.report.text import brief

DRAWN, SWAPPED = 'as_drawn', 'swapped'
LIFTED = ('named', 'other', 'nothing')
"""What may have been lifted."""


@dataclass(frozen=True)
class InstructionCheck(AnyRun):
    """A run with every scene told as it was drawn, and told another object.

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
    def both_obeyed(self) -> tuple[int, int]:
        """In how many scenes both instructions were obeyed, and of how many that had answers."""
        pairs = zip(*self.ways.values(), strict=False)
        judged = [pair for pair in pairs if all(map(has_answer, pair))]
        return sum(all(result.success for result in pair) for pair in judged), len(judged)

    def section(self, recorded: RecordedRun, place: Place) -> list[str]:
        """Return what was obeyed and lifted, and every telling."""
        ways: list[tuple[Entry, ...]] = [
            (
                way.replace('_', ' '),
                score_text(score_of(results)),
                *(Counter(r.lifted for r in answered(results))[name] for name in LIFTED),
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
        both, scenes = self.both_obeyed
        heads = ('seed', 'told', 'instruction', 'lifted', 'outcome', 'time [s]')
        return [
            f'<p>{escape(brief(self.label))}: <strong>both instructions obeyed in {both} of '
            f'{scenes} scenes</strong></p>',
            table(('told', 'obeyed', *(f'lifted: {name}' for name in LIFTED)), ways),
            f'<{place.heading}>Scenes</{place.heading}>',
            table(heads, told),
        ]

    def figures(self, recorded: RecordedRun) -> dict[str, Any]:
        """Return counts and the cause of every episode, by how it was told."""
        both, scenes = self.both_obeyed
        return {
            'policy': self.label,
            'scenes': scenes,
            'scenes_with_both_obeyed': both,
            **{
                way: {
                    **score_of(results).facts(),
                    'lifted': dict(Counter(result.lifted for result in answered(results))),
                    'results': [as_figures(result) for result in results],
                }
                for way, results in self.ways.items()
            },
        }
