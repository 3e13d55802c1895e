from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
from permitted import facts, identity, unknown
import pytest
from vla_contract.errors import VlaError
from vla_rollout.deployment.slow_start import SlowStart, SOFT_EPISODES
from vla_rollout.deployment.slow_start_file import load_slow_start, save_slow_start
from vla_rollout.preflight.subject import Subject

SUBJECT = Subject.of(facts())
NEW = SlowStart(
    SUBJECT.cell_sha256,
    SUBJECT.policy.sha256,
    'lerobot',
    dict(SUBJECT.calibration_ids),
    SUBJECT.description_sha256,
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


def fail(state, count, is_alarming=False):
    for _ in range(count):
        state = state.after(success=False, is_soft=True, is_alarming=is_alarming)
    return state


def test_a_bad_rate_stops_the_slow_start_at_the_lowest_speed_for_good():
    state = succeed(NEW, 60)
    assert state.speed == 0.7
    rejected = fail(state, 3)
    assert (rejected.speed, rejected.rejected) == (0.1, 0.7)
    assert 'rejected: the success rate at speed 70% is too low' in rejected.describe()
    assert '--resume-after-rejection NAME' in rejected.describe()
    later = succeed(rejected, 200)
    assert (later.speed, later.rejected) == (0.1, 0.7)
    assert {episode.speed for episode in later.episodes[-200:]} == {0.1}


def test_a_person_lets_a_rejected_slow_start_begin_anew_and_is_remembered(tmp_path):
    rejected = fail(NEW, 3)
    with pytest.raises(VlaError, match='found no name; allowed: that of a person'):
        rejected.confirmed(' ')
    state = rejected.confirmed('A. Smith')
    assert (state.speed, state.rejected, state.tested) == (0.1, None, [])
    assert [(c.by, c.episodes) for c in state.confirmations] == [('A. Smith', 3)]
    with pytest.raises(VlaError, match='no rate was rejected; allowed: without the option'):
        state.confirmed('A. Smith')
    assert succeed(state, 19).speed == 0.1
    assert succeed(state, 20).speed == 0.2
    save_slow_start(tmp_path / 'state.yaml', state)
    assert load_slow_start(tmp_path / 'state.yaml', SUBJECT) == state


def test_alarms_begin_no_test_anew():
    state = NEW
    for _ in range(2):
        state = fail(succeed(state, 4), 1, is_alarming=True)
    assert state.tested == 2 * [*4 * [True], False]
    assert (state.speed, state.rejected) == (0.1, None)
    assert fail(state, 2, is_alarming=True).rejected == 0.1


def test_a_speed_that_is_come_back_to_has_its_evidence_and_counts_successes_anew():
    fast = succeed(NEW, 20)
    back = fail(fast, 1, is_alarming=True)
    assert (back.speed, len(back.tested)) == (0.1, 20)
    assert succeed(back, 19).speed == 0.1
    again = succeed(back, 20)
    assert (again.speed, again.tested) == (0.2, [False])
    # With the alarm before, twenty successes are needed as ever, and the evidence is enough.
    assert succeed(again, 20).speed == 0.4


def test_an_alarm_in_an_episode_that_succeeded_is_no_evidence_for_the_policy():
    state = NEW
    for _ in range(3):
        state = state.after(success=True, is_soft=True, is_alarming=True)
    assert state.rejected == 0.1


@pytest.mark.parametrize('alarms', [0.0, 0.5, 1.0])
def test_a_bad_policy_ever_gets_faster_in_at_most_five_percent_of_deployments(alarms):
    rng = np.random.default_rng(0)
    faster = 0
    for _ in range(400):
        state = NEW
        for _ in range(200):
            success = bool(rng.uniform() < 0.69)
            is_alarming = not success and bool(rng.uniform() < alarms)
            state = state.after(success, is_soft=True, is_alarming=is_alarming)
            # Neither comes to an end by more episodes.
            if state.step or state.rejected is not None:
                break
        faster += state.step > 0
    assert faster <= 0.05 * 400


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=120))
def test_speed_rises_by_single_steps_after_twenty_successes_and_never_after_a_rejection(episodes):
    state = NEW
    for success, is_alarming in episodes:
        after = state.after(success, is_soft=True, is_alarming=is_alarming)
        assert after.step <= state.step + 1
        if after.step < state.step:
            assert is_alarming or after.rejected is not None
        if after.rejected is not None:
            assert after.step == 0
        if state.rejected is not None:
            assert after.rejected == state.rejected
        if after.step > state.step:
            here = [e.success for e in after.episodes[state.since :]]
            assert after.rule.test.accepts([*state.tested, success])
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
        (facts(description_sha256='f' * 64), 'another description of the robot .eeeeeeee'),
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
