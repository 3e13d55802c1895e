from hypothesis import given
from hypothesis import strategies as st
import pytest
from vla_action_filter.plan.plan_clock import PlanClock
from vla_contract.values import to_ns

PERIOD_NS = to_ns(0.01)


@pytest.fixture
def slowed() -> PlanClock:
    """A clock that went half as fast from the first to the second second."""
    clock = PlanClock()
    for k in range(301):
        clock.advance(k * PERIOD_NS, 0.5 if 100 < k <= 200 else 1.0)
    return clock


def test_at_full_rate_it_is_the_clock():
    clock = PlanClock()
    times = [to_ns(10.0) + k * PERIOD_NS for k in range(100)]
    assert [clock.advance(now_ns, 1.0) for now_ns in times] == times
    assert [clock.at(now_ns) for now_ns in times] == times


@pytest.mark.parametrize(('when', 'shown'), [(0.5, 0.5), (1.0, 1.0), (1.5, 1.25), (2.5, 2.0)])
def test_it_knows_what_it_showed_when_an_observation_was_made(slowed, when, shown):
    assert slowed.at(to_ns(when)) == to_ns(shown)


def test_it_shows_now_what_it_will_say_it_showed(slowed):
    now_ns = 301 * PERIOD_NS
    assert slowed.advance(now_ns, 0.5) == slowed.at(now_ns)


def test_standing_it_shows_the_same_for_ever():
    clock = PlanClock()
    assert {clock.advance(k * PERIOD_NS, 0.0) for k in range(1000)} == {0}


def test_restarted_it_shows_the_time(slowed):
    slowed.restart()
    assert slowed.advance(to_ns(4.0), 0.5) == to_ns(4.0)


@given(st.lists(st.tuples(st.integers(-PERIOD_NS, 10 * PERIOD_NS), st.floats(0.0, 1.0))))
def test_it_never_overtakes_the_clock_nor_goes_back_while_time_goes_on(steps):
    clock, now_ns, last_ns = PlanClock(), 0, None
    for passed_ns, rate in steps:
        now_ns += passed_ns
        shown_ns = clock.advance(now_ns, rate)
        assert shown_ns <= now_ns
        if last_ns is not None and passed_ns >= 0:
            assert shown_ns >= last_ns
        last_ns = shown_ns
