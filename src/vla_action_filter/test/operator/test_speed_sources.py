from hypothesis import given, settings
from hypothesis import strategies as st
import pytest
from vla_action_filter.operator.speed_sources import OWNER, SpeedSources

SUPERVISOR, STRANGER = b'a', b'b'
NODES = {SUPERVISOR: OWNER, STRANGER: 'stranger'}


class Clock:
    """The time that passes when it is told to [s]."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


def sources_of(nodes, first=1.0, clock=None) -> SpeedSources:
    sources = SpeedSources(first, clock or Clock())
    sources.see_publishers(nodes)
    return sources


@pytest.fixture
def two() -> SpeedSources:
    return sources_of(NODES)


def test_the_first_speed_counts_until_the_supervisor_says_another():
    sources = sources_of({SUPERVISOR: OWNER}, 0.1)
    assert sources.scale == 0.1
    sources.hear(SUPERVISOR, 0.5)
    assert (sources.scale, sources.conflict) == (0.5, '')


@pytest.mark.parametrize('order', [(SUPERVISOR, STRANGER), (STRANGER, SUPERVISOR)])
def test_the_slowest_counts_whatever_the_order(two, order):
    speeds = {SUPERVISOR: 0.1, STRANGER: 1.0}
    for who in order:
        two.hear(who, speeds[who])
    assert two.scale == 0.1
    assert two.conflict.startswith('speed_scale has 2 publishers (stranger, supervisor)')


def test_a_stranger_alone_never_goes_beyond_the_first_speed():
    sources = sources_of({STRANGER: 'stranger'}, 0.1)
    sources.hear(STRANGER, 1.0)
    assert sources.scale == 0.1
    assert 'published by stranger' in sources.conflict
    assert 'supervisor alone goes beyond 0.1' in sources.conflict
    sources.hear(STRANGER, 0.05)
    assert (sources.scale, sources.conflict) == (0.05, '')


def test_where_the_first_speed_is_full_whoever_is_alone_slows_down_and_speeds_up():
    sources = sources_of({STRANGER: 'rollout'})
    for scale in (0.1, 0.2, 1.0):
        sources.hear(STRANGER, scale)
        assert (sources.scale, sources.conflict) == (scale, '')


def test_one_that_leaves_never_raises_the_speed(two):
    two.hear(SUPERVISOR, 0.1)
    two.hear(STRANGER, 1.0)
    two.see_publishers({STRANGER: 'stranger'})
    assert two.scale == 0.1
    two.hear(STRANGER, 0.7)
    assert two.scale == 0.7


def test_a_slow_word_outlasts_its_publisher_until_the_supervisor_says_something_new():
    sources = sources_of(NODES, 0.1)
    sources.hear(SUPERVISOR, 0.5)
    sources.hear(STRANGER, 0.02)
    sources.see_publishers({SUPERVISOR: OWNER})
    sources.hear(SUPERVISOR, 0.5)
    assert sources.scale == 0.02
    sources.hear(SUPERVISOR, 0.4)
    assert sources.scale == 0.4


def test_a_supervisor_that_falls_silent_leaves_the_arm_standing(clock):
    sources = sources_of({SUPERVISOR: OWNER}, 0.1, clock)
    for _ in range(20):
        sources.hear(SUPERVISOR, 0.5)
        clock.now_s += 0.9
        assert sources.scale == 0.5
    clock.now_s += 0.2
    assert sources.scale == 0.0
    assert 'supervisor is not heard any more: the arm stands still' in sources.conflict
    sources.hear(SUPERVISOR, 0.5)
    assert (sources.scale, sources.conflict) == (0.5, '')


def test_no_stranger_replaces_a_supervisor_that_is_gone(clock):
    sources = sources_of(NODES, 0.1, clock)
    sources.hear(SUPERVISOR, 0.5)
    sources.see_publishers({STRANGER: 'stranger'})
    clock.now_s += 2.0
    sources.hear(STRANGER, 1.0)
    assert sources.scale == 0.0


def test_without_a_supervisor_nobody_is_missed(clock):
    sources = sources_of({}, 1.0, clock)
    clock.now_s += 1e6
    assert (sources.scale, sources.conflict) == (1.0, '')


def test_what_cannot_be_told_apart_is_the_newest_when_it_is_alone():
    sources = sources_of({SUPERVISOR: OWNER})
    sources.hear(b'x', 0.1)
    sources.hear(b'y', 0.4)
    assert sources.scale == 0.4
    sources.see_publishers(NODES)
    sources.hear(b'x', 0.2)
    sources.hear(b'y', 0.9)
    assert sources.scale == 0.2


def test_what_cannot_be_told_apart_is_not_the_supervisor():
    sources = sources_of(NODES, 0.1)
    sources.hear(b'x', 1.0)
    assert sources.scale == 0.1
    sources.see_publishers({SUPERVISOR: OWNER})
    sources.hear(b'x', 0.5)
    assert sources.scale == 0.5


@settings(deadline=None)
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


@settings(deadline=None)
@given(
    st.floats(0.0, 1.0),
    st.lists(st.tuples(st.integers(1, 3), st.floats(0.0, 1.0)), max_size=30),
)
def test_whatever_strangers_say_is_no_faster_than_the_first_speed(first, words):
    sources = sources_of({bytes([who]): f'stranger_{who}' for who in range(1, 4)}, first)
    for who, scale in words:
        sources.hear(bytes([who]), scale)
        assert sources.scale <= first
