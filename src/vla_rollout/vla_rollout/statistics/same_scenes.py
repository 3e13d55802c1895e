"""Which episodes of two runs were of the same scene, by what their manifests say."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
import json
from typing import Any, Protocol

from vla_rollout.statistics.comparison import compare, Comparison

# What names an episode or the policy in it, and not the scene.
_NOT_THE_SCENE = ('seed', 'deployment', 'deployment_sha256', 'rate_hz')


class Seen(Protocol):
    """An episode that has been judged."""

    @property
    def success(self) -> bool:
        """Whether the task was done."""

    @property
    def manifest(self) -> dict[str, Any]:
        """Every sampled value of its world, nothing on a real robot."""


def scene_of(manifest: Mapping[str, Any]) -> str:
    """Return a text that the manifests of the same scene have in common, '' without a scene.

    Equal are all values of the start and of the randomisation, robot, cell, task and MuJoCo; the
    number of an episode says nothing. What a randomisation is called does not matter either.
    """
    if not manifest.get('values'):
        return ''
    scene = {name: value for name, value in manifest.items() if name not in _NOT_THE_SCENE}
    drawn = scene.pop('randomization', None)
    scene['drawn'] = drawn.get('values') if isinstance(drawn, Mapping) else drawn
    return json.dumps(scene, sort_keys=True)


def pairs_of[T: Seen](first: Sequence[T], second: Sequence[T]) -> list[tuple[T, T]]:
    """Return the episodes of the same scenes, in the order of the first; each is in one pair."""
    waiting: dict[str, list[T]] = defaultdict(list)
    for other in reversed(second):
        if scene := scene_of(other.manifest):
            waiting[scene].append(other)
    scenes = ((one, waiting.get(scene_of(one.manifest))) for one in first)
    return [(one, others.pop()) for one, others in scenes if others]


def compare_episodes(first: Sequence[Seen], second: Sequence[Seen]) -> Comparison:
    """Compare the episodes of two policies, in pairs where they are of the same scenes.

    Pairs are judged alone, if they are at least half of the shorter run; fewer say less than all
    episodes do.

    Raises:
        ValueError: a policy without episodes.
    """
    pairs = pairs_of(first, second)
    if pairs and 2 * len(pairs) >= min(len(first), len(second)):
        ours, theirs = zip(*pairs, strict=True)
        return compare(_outcomes(ours), _outcomes(theirs), are_paired=True)
    return compare(_outcomes(first), _outcomes(second), are_paired=False)


def _outcomes(episodes: Sequence[Seen]) -> list[bool]:
    return [episode.success for episode in episodes]
