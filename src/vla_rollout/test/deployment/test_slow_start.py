from hypothesis import given, settings
from hypothesis import strategies as st
import pytest
from vla_contract.errors import VlaError
from vla_rollout.deployment.slow_start import (
    load_slow_start,
    save_slow_start,
    SlowStart,
    SOFT_EPISODES,
)

NEW = SlowStart('cell', 'checkpoint')


def succeed(state, count, is_soft=True):
    for _ in range(count):
        state = state.after(success=True, is_soft=is_soft, is_alarming=False)
    return state


def test_it_begins_at_ten_percent_with_soft_objects():
    assert NEW.speed == 0.1
    assert NEW.needs_soft_object
    with pytest.raises(VlaError, match='0 of 5 episodes with soft objects'):
        NEW.after(success=True, is_soft=False, is_alarming=False)
    assert not succeed(NEW, SOFT_EPISODES).needs_soft_object


def test_twenty_successes_raise_the_speed_by_one_step_and_no_sooner():
    assert succeed(NEW, 19).speed == 0.1
    raised = succeed(NEW, 20)
    assert raised.speed == 0.2
    assert succeed(raised, 19, is_soft=False).speed == 0.2
    assert succeed(raised, 20, is_soft=False).speed == 0.4


def test_failures_delay_the_next_step_until_the_rate_is_shown():
    state = succeed(NEW, 15)
    for success in [False, True, True, True, True, True]:
        state = state.after(success, is_soft=True, is_alarming=False)
    assert sum(e.success for e in state.episodes) == 20
    assert state.speed == 0.2
    state = succeed(NEW, 12)
    for _ in range(2):
        state = state.after(False, is_soft=True, is_alarming=False)
    assert succeed(state, 8).speed == 0.1


def test_a_collision_lowers_the_speed_at_once():
    fast = succeed(NEW, 40)
    assert fast.speed == 0.4
    slower = fast.after(success=True, is_soft=False, is_alarming=True)
    assert slower.speed == 0.2
    assert slower.since == len(slower.episodes)


def test_a_bad_rate_lowers_the_speed():
    state = succeed(NEW, 20)
    for _ in range(3):
        state = state.after(success=False, is_soft=False, is_alarming=False)
    assert state.speed == 0.1


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=120))
def test_speed_moves_by_single_steps_and_rises_only_after_twenty_successes(episodes):
    state = NEW
    for success, is_alarming in episodes:
        after = state.after(success, is_soft=True, is_alarming=is_alarming)
        assert abs(after.step - state.step) <= 1
        if after.step > state.step:
            here = [e.success for e in after.episodes[state.since :]]
            assert sum(here) >= 20
            assert success
            assert not is_alarming
        state = after


def test_the_state_survives_a_restart_and_belongs_to_one_checkpoint(tmp_path):
    path = tmp_path / 'state.yaml'
    assert load_slow_start(path, 'cell', 'checkpoint') == NEW
    state = succeed(NEW, 23)
    save_slow_start(path, state)
    assert load_slow_start(path, 'cell', 'checkpoint') == state
    with pytest.raises(VlaError, match='another checkpoint'):
        load_slow_start(path, 'cell', 'other')
    path.write_text('step: fast\n')
    with pytest.raises(VlaError, match='state.yaml'):
        load_slow_start(path, 'cell', 'checkpoint')
