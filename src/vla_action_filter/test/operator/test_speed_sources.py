from hypothesis import given
from hypothesis import strategies as st
import pytest
from vla_action_filter.operator.speed_sources import SpeedSources

SUPERVISOR, ROLLOUT = b'a', b'b'
NODES = {SUPERVISOR: 'supervisor', ROLLOUT: 'rollout'}


@pytest.fixture
def two() -> SpeedSources:
    sources = SpeedSources(1.0)
    sources.see_publishers(NODES)
    return sources


def test_the_first_speed_counts_until_somebody_says_another():
    sources = SpeedSources(0.1)
    assert sources.scale == 0.1
    sources.see_publishers({SUPERVISOR: 'supervisor'})
    sources.hear(SUPERVISOR, 0.5)
    assert (sources.scale, sources.conflict) == (0.5, '')


@pytest.mark.parametrize('order', [(SUPERVISOR, ROLLOUT), (ROLLOUT, SUPERVISOR)])
def test_the_slowest_counts_whatever_the_order(two, order):
    speeds = {SUPERVISOR: 0.1, ROLLOUT: 1.0}
    for who in order:
        two.hear(who, speeds[who])
    assert two.scale == 0.1
    assert two.conflict == 'speed_scale has 2 publishers'


def test_one_that_leaves_never_raises_the_speed(two):
    two.hear(SUPERVISOR, 0.1)
    two.hear(ROLLOUT, 1.0)
    two.see_publishers({ROLLOUT: 'rollout'})
    assert two.scale == 0.1
    two.hear(ROLLOUT, 0.7)
    assert two.scale == 0.7


def test_what_cannot_be_told_apart_is_the_newest_when_it_is_alone():
    sources = SpeedSources(1.0)
    sources.see_publishers({SUPERVISOR: 'supervisor'})
    sources.hear(b'x', 0.1)
    sources.hear(b'y', 0.4)
    assert sources.scale == 0.4
    sources.see_publishers(NODES)
    sources.hear(b'x', 0.2)
    sources.hear(b'y', 0.9)
    assert sources.scale == 0.2


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0.0, 1.0), st.booleans()), max_size=30))
def test_no_faster_than_anybody_there_asked_for(words):
    sources, there, last = SpeedSources(1.0), set(), {}
    for who, scale, stays in words:
        there.add(who)
        sources.see_publishers({bytes([p]): '' for p in there})
        sources.hear(bytes([who]), scale)
        last[who] = scale
        if not stays:
            there.discard(who)
            sources.see_publishers({bytes([p]): '' for p in there})
        assert sources.scale <= min((last[p] for p in there), default=1.0)
