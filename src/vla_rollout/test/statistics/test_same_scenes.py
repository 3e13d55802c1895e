from copy import deepcopy
from dataclasses import dataclass, field
import random
from typing import Any

import pytest
from vla_rollout.statistics.same_scenes import compare_episodes, pairs_of, scene_of


@dataclass
class Episode:
    success: bool
    manifest: dict[str, Any] = field(default_factory=dict)


def manifest(k: int, **changes: Any) -> dict[str, Any]:
    """Return what a world says of its episode."""
    return {
        'seed': k,
        'deployment': 'd',
        'deployment_sha256': 'e',
        'robot': 'panda',
        'cell': 'table',
        'cell_sha256': 'c',
        'task': 'lift_cube',
        'mujoco': '4.0.0',
        'instruction': 'lift',
        'values': {'cube_x': {'value': 0.4 + k / 1000, 'unit': 'm'}},
        'randomization': {
            'name': 'tutorial',
            'sha256': 'r',
            'difficulty': 1.0,
            'values': {'object_mass': {'value': 0.1 + k / 1000, 'unit': 'kg'}},
        },
        **changes,
    }


def run(outcomes: list[bool], **changes: Any) -> list[Episode]:
    return [Episode(success, manifest(k, **changes)) for k, success in enumerate(outcomes)]


FIRST, SECOND = [True] * 6 + [False] * 14, [True] * 13 + [False] * 7


def test_the_same_scenes_are_pairs_in_whatever_order():
    one, other = run(FIRST), run(SECOND)
    in_order = compare_episodes(one, other)
    random.Random(3).shuffle(other)
    shuffled = compare_episodes(one, other)
    assert in_order == shuffled
    assert (shuffled.test, shuffled.pairs) == ('exact McNemar', 20)
    assert shuffled.p_value == pytest.approx(2 * 0.5**7)


@pytest.mark.parametrize(
    'changes',
    [
        {'robot': 'vx300s'},
        {'cell': 'other'},
        {'cell_sha256': 'x'},
        {'task': 'push'},
        {'mujoco': '3.0.0'},
        {'values': {'cube_x': {'value': 0.1, 'unit': 'm'}}},
        {'randomization': {'name': 'tutorial', 'values': {}}},
        {'lead_in': [[0.1]]},
    ],
)
def test_scenes_in_which_anything_differs_are_no_pairs(changes):
    one, other = run(FIRST), run(SECOND, **changes)
    assert not pairs_of(one, other)
    comparison = compare_episodes(one, other)
    assert (comparison.test, comparison.pairs) == ('Barnard', 0)


def test_what_the_policy_or_the_randomisation_is_called_is_no_scene():
    one = manifest(3)
    other = manifest(3, seed=4, deployment='x', deployment_sha256='x')
    other['randomization'] = {**one['randomization'], 'name': 'x', 'sha256': 'x'}
    assert scene_of(one) == scene_of(other) != ''


def test_real_episodes_are_never_pairs():
    one, other = ([Episode(k < n, {}) for k in range(20)] for n in (6, 13))
    assert not pairs_of(one, other)
    assert compare_episodes(one, other).test == 'Barnard'


def test_pairs_are_judged_alone_and_few_pairs_not_at_all():
    one, other = run(FIRST), run(SECOND)
    for episode in other[12:]:
        episode.manifest = manifest(1000)
    comparison = compare_episodes(one, other)
    assert comparison.pairs == 12
    assert comparison.difference.rate == 0.5
    for episode in other[5:]:
        episode.manifest = {}
    comparison = compare_episodes(one, other)
    assert (comparison.test, comparison.difference.rate) == ('Barnard', pytest.approx(0.35))


def test_a_scene_that_comes_twice_is_in_two_pairs_only_where_both_have_it_twice():
    one = run([True, False])
    twice = [*deepcopy(one), *deepcopy(one)]
    assert len(pairs_of(one, twice)) == len(pairs_of(twice, one)) == 2
    assert len(pairs_of(twice, deepcopy(twice))) == 4


def test_policies_of_different_rates_are_of_the_same_scenes():
    first, second = run(FIRST, rate_hz=10.0), run(SECOND, rate_hz=30.0)
    assert compare_episodes(first, second).pairs == 20
