"""What an instruction check found: how often the named object was lifted, by how it was told."""

from collections import Counter
from typing import Any

from vla_rollout.episodes.answers import answered, has_answer, score_of
from vla_rollout.episodes.episode import EpisodeResult
from vla_rollout.simulation.summary_rows import summary_rows
from vla_sim_bridge.tasks.task import WRONG_OBJECT

DRAWN, SWAPPED = 'as_drawn', 'swapped'
_OUTCOMES = {'success': 'named', WRONG_OBJECT: 'other'}


def outcome(result: EpisodeResult) -> str:
    """Return what was lifted: the named object, another one, or nothing."""
    return _OUTCOMES.get(result.termination, 'nothing')


def report(results: dict[str, list[EpisodeResult]]) -> dict[str, Any]:
    """Return counts, intervals and episodes of both ways to tell, for JSON.

    Rates and what was lifted are of the episodes that had an answer.
    """
    summary: dict[str, Any] = {}
    for way, episodes in results.items():
        summary[way] = {
            **score_of(episodes).facts(),
            'lifted': dict(Counter(map(outcome, answered(episodes)))),
            'results': [
                {
                    'instruction': result.manifest['instruction'],
                    'lifted': outcome(result),
                    **row,
                }
                for result, row in zip(episodes, summary_rows(episodes), strict=True)
            ],
        }
    scenes = _judged_scenes(results)
    summary['scenes'] = len(scenes)
    summary['scenes_with_both_obeyed'] = sum(a.success and b.success for a, b in scenes)
    return summary


def _judged_scenes(
    results: dict[str, list[EpisodeResult]],
) -> list[tuple[EpisodeResult, EpisodeResult]]:
    """Return the scenes in which the policy answered to both instructions."""
    pairs = zip(results[DRAWN], results[SWAPPED], strict=True)
    return [(a, b) for a, b in pairs if has_answer(a) and has_answer(b)]


def way_line(way: str, episodes: list[EpisodeResult]) -> str:
    """Return what was lifted when told one way, and what kept answers from the arm."""
    lifted = Counter(map(outcome, answered(episodes)))
    counts = '  '.join(f'{name} {lifted[name]}' for name in ('named', 'other', 'nothing'))
    score = score_of(episodes)
    rate = f'lifted: {counts}  obeyed {score.rate}'
    return f'told {way:<9} ' + '; '.join(filter(None, (score.silence, rate, *score.notes())))
