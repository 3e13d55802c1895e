from hypothesis import given
from hypothesis import strategies as st
import pytest
from vla_action_filter.operator.e_stop import EStopSources

BUTTON, CONSOLE, LATE = b'button-gid', b'console-gid', b'late-gid'
NAMES = {BUTTON: 'button', CONSOLE: 'console', LATE: 'late'}
MS = 1_000_000


def see(sources, *publishers) -> None:
    sources.see_publishers({publisher: NAMES[publisher] for publisher in publishers})


@pytest.fixture
def two() -> EStopSources:
    sources = EStopSources()
    see(sources, BUTTON, CONSOLE)
    return sources


def test_one_publisher_presses_and_releases():
    sources = EStopSources()
    see(sources, BUTTON)
    sources.hear(BUTTON, True, 0)
    assert (sources.is_pressed, sources.reason, sources.pressers) == (True, 'e_stop', 'button')
    sources.hear(BUTTON, False, 1)
    assert (sources.is_pressed, sources.reason) == (False, '')


def test_what_another_says_releases_nothing(two):
    two.hear(BUTTON, True, 0)
    for k in range(10):
        two.hear(CONSOLE, False, k)
    assert two.is_pressed
    two.hear(CONSOLE, True, 20)
    two.hear(CONSOLE, False, 21)
    assert two.is_pressed
    two.hear(BUTTON, False, 22)
    assert not two.is_pressed


def test_a_publisher_that_leaves_pressed_leaves_it_pressed(two):
    two.hear(CONSOLE, False, 0)
    two.hear(BUTTON, True, 1)
    see(two, CONSOLE)
    two.hear(CONSOLE, False, 2)
    assert two.is_pressed
    assert two.reason == (
        'e_stop pressed by a publisher that is gone (button): start it again and release'
    )


def test_one_who_comes_later_lifts_what_was_left_pressed(two):
    two.hear(BUTTON, True, 0)
    see(two, CONSOLE, LATE)
    two.hear(LATE, False, 1)
    assert not two.is_pressed


def test_one_who_presses_and_releases_lifts_what_was_left_pressed(two):
    two.hear(CONSOLE, False, 0)
    two.hear(BUTTON, True, 1)
    see(two, CONSOLE)
    two.hear(CONSOLE, True, 2)
    two.hear(CONSOLE, False, 3)
    assert not two.is_pressed


def test_a_shell_presses_once_and_another_one_releases():
    sources = EStopSources()
    see(sources, BUTTON)
    sources.hear(BUTTON, True, 0)
    see(sources)
    assert sources.is_pressed
    see(sources, LATE)
    sources.hear(LATE, False, 1)
    see(sources)
    assert not sources.is_pressed


def test_a_publisher_that_was_lost_and_is_found_again_still_presses(two):
    two.hear(BUTTON, True, 0)
    see(two, LATE)
    two.hear(LATE, False, 1)
    assert not two.is_pressed
    see(two, LATE, BUTTON)
    assert two.is_pressed


def test_what_cannot_be_told_apart_releases_only_alone(two):
    unknown = b'not-in-the-graph'
    two.hear(unknown, True, 0)
    two.hear(unknown, False, 1)
    assert (two.is_pressed, two.reason) == (True, 'e_stop')
    see(two, BUTTON)
    two.hear(unknown, False, 2)
    assert not two.is_pressed


def test_a_required_source_that_is_absent_or_silent_is_named():
    sources = EStopSources(['button'], deadline_s=0.5)
    assert sources.missing(0) == 'e_stop source button is gone'
    see(sources, BUTTON, CONSOLE)
    sources.hear(CONSOLE, False, 0)
    assert sources.missing(0) == 'e_stop source button is gone'
    sources.hear(BUTTON, False, 0)
    assert sources.missing(500 * MS) == ''
    assert sources.missing(501 * MS) == 'e_stop source button is gone'
    sources.hear(BUTTON, False, 600 * MS)
    assert sources.missing(601 * MS) == ''
    see(sources, CONSOLE)
    assert sources.missing(601 * MS) == 'e_stop source button is gone'


def test_none_is_required_unless_named(two):
    assert two.missing(10**12) == ''


def test_shells_that_come_and_go_are_forgotten():
    sources = EStopSources()
    for k in range(3000):
        publisher = str(k).encode()
        sources.see_publishers({publisher: 'shell'})
        sources.hear(publisher, False, k)
    assert len(sources._words) <= 1002


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(['join', 'leave', 'press', 'release', 'repeat', 'deliver', 'look']),
        st.integers(0, 3),
    ),
    max_size=60,
)


@given(ACTIONS)
def test_never_released_while_somebody_there_presses(actions):
    """Messages wait and are delivered late, the graph is looked at at any time."""
    sources, there, last, waiting = EStopSources(), set(), {}, []
    for k, (action, who) in enumerate(actions):
        if action == 'join':
            there.add(who)
        elif action == 'leave':
            there.discard(who)
        elif action == 'look':
            sources.see_publishers({bytes([p]): f'node{p}' for p in there})
        elif action == 'deliver':
            _deliver(sources, there, waiting, k)
        elif who in there:
            last[who] = last.get(who, False) if action == 'repeat' else action == 'press'
            waiting.append((who, last[who]))
    _deliver(sources, there, waiting, len(actions))
    sources.see_publishers({bytes([p]): f'node{p}' for p in there})
    if any(last.get(who) for who in there):
        assert sources.is_pressed


def _deliver(sources, there, waiting, now_ns) -> None:
    """As the node does: what is news is heard after a look at the graph."""
    for who, is_pressed in waiting:
        publisher = bytes([who])
        if sources.is_news(publisher, is_pressed):
            sources.see_publishers({bytes([p]): f'node{p}' for p in there})
        sources.hear(publisher, is_pressed, now_ns)
    waiting.clear()


@given(ACTIONS)
def test_released_once_everybody_there_has_pressed_and_released(actions):
    sources, there = EStopSources(), {0}
    for k, (action, who) in enumerate(actions):
        if action == 'join':
            there.add(who)
        elif action == 'leave':
            there.discard(who)
        elif who in there:
            _deliver(sources, there, [(who, action == 'press')], k)
    for who in there or {9}:
        there.add(who)
        _deliver(sources, there, [(who, True), (who, False)], 1000)
    assert not sources.is_pressed
