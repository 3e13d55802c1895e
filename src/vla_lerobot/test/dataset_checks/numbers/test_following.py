import numpy as np
import pytest
from synthetic import CELL, DEPLOYMENT, episode, faults, good_set, LAG, with_numbers
from vla_lerobot.dataset_checks.dataset import judge
from vla_lerobot.dataset_checks.episodes import EpisodeLimits, Recorded
from vla_lerobot.dataset_checks.numbers.following import following

BAD = 3


@pytest.fixture(scope='module')
def good():
    return good_set(images=False)


def spoiled(good, edit):
    rows = good[BAD].rows
    state, action = edit(rows.state.copy(), rows.action.copy())
    return [*good[:BAD], with_numbers(good[BAD], state, action), *good[BAD + 1 :]]


def said(good, edit):
    found = faults(spoiled(good, edit))
    assert set(found) == {BAD}
    return ' '.join(found[BAD])


def moved(values, frames):
    return values[np.clip(np.arange(len(values)) + frames, 0, len(values) - 1)]


def test_good_episodes_are_good_and_say_their_lag(good):
    verdicts = judge(good, DEPLOYMENT, EpisodeLimits())
    assert [verdict.faults for verdict in verdicts] == [()] * 6
    assert [verdict.lag for verdict in verdicts] == pytest.approx([LAG] * 6, abs=0.25)


@pytest.mark.parametrize('lag', [1.0, 2.0, 3.0, 4.0])
def test_the_delay_of_the_state_is_found(good, lag):
    rows = good[0].rows
    time = np.arange(len(rows.state))
    action = np.stack([np.interp(time + lag, time, joint) for joint in rows.state.T], axis=1)
    found = following(
        with_numbers(good[0], action=action).rows,
        CELL.arm,
        Recorded((), DEPLOYMENT, EpisodeLimits()).range,
    )
    assert found.lag == pytest.approx(lag, abs=0.25)


def test_an_arm_that_hardly_moves_tells_no_delay(good):
    still = np.repeat(good[0].rows.state[:1], 30, axis=0)
    ranges = Recorded((), DEPLOYMENT, EpisodeLimits()).range
    assert following(with_numbers(good[0], still, still).rows, CELL.arm, ranges) is None


@pytest.mark.parametrize('frames', [-3, 3])
def test_shifted_actions_are_named_with_their_shift(good, frames):
    found = said(good, lambda state, action: (state, moved(action, frames)))
    assert 'actions shifted: state and action fit best at' in found


def test_a_shift_of_all_episodes_is_found_where_the_state_comes_first(good):
    late = [with_numbers(e, action=moved(e.rows.action, -3)) for e in good]
    assert set(faults(late)) == set(range(6))
    late = [with_numbers(e, action=moved(e.rows.action, -3)) for e in good[:1]]
    assert set(faults(late)) == {0}


def test_the_cure_says_by_how_much_to_shift(good):
    late = spoiled(good, lambda state, action: (state, moved(action, -3)))
    findings = judge(late, DEPLOYMENT, EpisodeLimits())[BAD].findings
    assert 'move the actions 3 frames earlier, or leave it out' in [f.cure for f in findings]


def test_actions_that_are_the_measured_states_are_named(good):
    found = said(good, lambda state, action: (state, state.copy()))
    assert 'action is state: the actions are the measured states of the same frames' in found


def test_actions_that_are_the_states_of_the_next_frame_are_good():
    entry = episode(0, images=False)
    state = entry.rows.state
    assert faults([with_numbers(entry, state[:-1], state[1:])]) == {
        0: ('corrupt: 39 of 40 frames are there',)
    }
    entry = with_numbers(entry, action=moved(state, 1))
    assert faults([entry]) == {}


def test_a_swapped_pair_of_actions_disagrees(good):
    def swap(state, action):
        action[:, [1, 5]] = action[:, [5, 1]]
        return state, action

    found = said(good, swap)
    assert 'disagree: panda_joint2' in found
    assert 'disagree: panda_joint6' in found


def test_a_joint_that_moves_against_its_action_is_named(good):
    def turn(state, action):
        action[:, 0] *= -1.0
        return state, action

    assert 'disagree: panda_joint1 moves against its action' in said(good, turn)


def test_a_gripper_that_stops_at_an_object_agrees(good):
    def stop(state, action):
        gripper = CELL.grippers[0]
        action[action[:, gripper] > 0.3, gripper] = 0.8
        return state, action

    assert faults([*(spoiled([e] * 6, stop)[BAD] for e in good)][:1]) == {}
