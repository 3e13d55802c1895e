from hypothesis import given, settings
from hypothesis import strategies as st
from permitted import facts, identity, unknown
import pytest
from vla_contract.errors import VlaError
from vla_rollout.deployment.slow_start import (
    load_slow_start,
    save_slow_start,
    SlowStart,
    SOFT_EPISODES,
)
from vla_rollout.preflight.subject import Subject

SUBJECT = Subject.of(facts())
NEW = SlowStart(
    SUBJECT.cell_sha256, SUBJECT.policy.sha256, 'lerobot', dict(SUBJECT.calibration_ids)
)


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


def test_the_state_survives_a_restart(tmp_path):
    path = tmp_path / 'state.yaml'
    assert load_slow_start(path, SUBJECT) == NEW
    state = succeed(NEW, 23)
    save_slow_start(path, state)
    assert load_slow_start(path, SUBJECT) == state
    path.write_text('step: fast\n')
    with pytest.raises(VlaError, match='state.yaml'):
        load_slow_start(path, SUBJECT)


@pytest.mark.parametrize(
    ('changes', 'reason'),
    [
        (facts(identity(content_sha256='e' * 64)), 'begun with another policy'),
        (facts(identity(policy_file_sha256='e' * 64)), 'begun with another policy'),
        (facts(identity(backend='hold')), r'begun with another backend \(lerobot, not hold\)'),
        (facts(identity(cell_sha256='e' * 64), cell_sha256='e' * 64), 'begun with another cell'),
        (facts(calibration_ids={'top': 'June'}), 'another calibration of camera top'),
        (facts(unknown()), 'ws://gpu does not say what it serves'),
        (facts(identity(cell_sha256='e' * 64)), 'runs in another cell'),
    ],
)
def test_the_state_belongs_to_one_policy_cell_backend_and_calibration(tmp_path, changes, reason):
    path = tmp_path / 'state.yaml'
    save_slow_start(path, succeed(NEW, 40))
    with pytest.raises(VlaError, match=reason):
        load_slow_start(path, Subject.of(changes))


@pytest.mark.parametrize(('before', 'after'), [('step: 2', 'step: 4'), ('digest:', 'since_:')])
def test_an_edited_state_is_refused(tmp_path, before, after):
    path = tmp_path / 'state.yaml'
    save_slow_start(path, succeed(NEW, 40))
    assert before in path.read_text()
    path.write_text(path.read_text().replace(before, after))
    with pytest.raises(VlaError, match='edited, or written on another machine'):
        load_slow_start(path, SUBJECT)
