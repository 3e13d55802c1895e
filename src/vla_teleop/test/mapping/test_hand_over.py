"""A leader is brought to the arm slowly, and let go on any doubt."""

import numpy as np
import pytest
from vla_contract.values import to_ns
from vla_teleop.mapping.hand_over import HandOver, HandOverLimits

LIMITS = HandOverLimits(speed=0.3, lag=0.2, near=0.1, timeout_s=5.0)
ARM = np.array([0.5, -0.4, 0.0])
STEP_NS = to_ns(0.02)


def lead(follow=lambda leader, goal: goal, arm=lambda k: ARM, ticks=400):
    """Lead from zero; return the way of the leader, and the hand-over."""
    leader, way = np.zeros(3), []
    over = HandOver(leader, LIMITS, 0)
    for k in range(1, ticks):
        goal = over.step(leader, arm(k), k * STEP_NS)
        if goal is None:
            break
        leader = follow(leader, goal)
        way.append(leader)
    return np.array(way), over


def test_it_arrives_and_never_faster_than_it_may():
    way, over = lead()
    assert over.is_over
    assert not over.doubt
    assert np.abs(way[-1] - ARM).max() < 0.1 + 0.3 * 0.02
    assert np.abs(np.diff(way, axis=0)).max() <= 0.3 * 0.02 + 1e-9


def test_a_leader_that_is_held_is_let_go():
    _, over = lead(follow=lambda leader, goal: leader)
    assert 'behind its goal; allowed: 0.2: is it held?' in over.doubt


def test_an_arm_that_goes_away_ends_it():
    _, over = lead(arm=lambda k: ARM * (1.0 + 0.2 * k))
    assert 'farther from the arm' in over.doubt


def test_it_ends_in_time():
    sway = lambda k: ARM * (1.0 if k % 2 else 1.2)  # noqa: E731
    _, over = lead(follow=lambda leader, goal: np.clip(goal, -0.2, 0.2), arm=sway)
    assert over.is_over
    assert over.doubt


def test_a_pause_of_readings_and_a_number_that_is_none_are_doubts():
    over = HandOver(np.zeros(3), LIMITS, 0)
    assert over.step(np.zeros(3), ARM, to_ns(0.6)) is None
    assert '0.5 s' in over.doubt
    over = HandOver(np.zeros(3), LIMITS, 0)
    assert over.step(np.array([np.nan, 0.0, 0.0]), ARM, STEP_NS) is None
    assert 'not finite' in over.doubt


def test_what_is_near_already_is_not_led():
    over = HandOver(ARM + 0.05, LIMITS, 0)
    assert over.step(ARM + 0.05, ARM, STEP_NS) is None
    assert over.is_over
    assert over.doubt == ''


@pytest.mark.parametrize('after', [1, 5, 40])
def test_after_its_end_nothing_is_led(after):
    over = HandOver(ARM, LIMITS, 0)
    over.step(ARM, ARM, STEP_NS)
    assert over.step(ARM, ARM, after * STEP_NS) is None
