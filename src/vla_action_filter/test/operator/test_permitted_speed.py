import math

from hypothesis import given
from hypothesis import strategies as st
import pytest
from vla_action_filter.operator.permitted_speed import PermittedSpeed


class Clock:
    """The time that passes when it is told to [s]."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def speed(clock) -> PermittedSpeed:
    return PermittedSpeed('broadcaster/speed_scaling', clock)


def test_before_the_first_word_nothing_moves_and_the_reason_names_the_topic(speed):
    assert speed.share == 0.0
    assert speed.fault == (
        'nothing heard on broadcaster/speed_scaling: is its broadcaster active?'
    )


def test_the_newest_word_counts_in_percent(speed):
    speed.hear(50.0)
    assert (speed.share, speed.fault) == (0.5, '')
    speed.hear(100.0)
    assert speed.share == 1.0


def test_a_robot_that_falls_silent_is_not_followed_any_more(speed, clock):
    speed.hear(100.0)
    clock.now_s += 0.9
    assert speed.share == 1.0
    clock.now_s += 0.2
    assert speed.share == 0.0
    assert speed.fault
    speed.hear(30.0)
    assert (speed.share, speed.fault) == (0.3, '')


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_whatever_is_said_the_share_lies_between_0_and_1(percent):
    speed = PermittedSpeed('topic', Clock())
    speed.hear(percent)
    assert 0.0 <= speed.share <= 1.0
    if not math.isfinite(percent):
        assert speed.share == 0.0
