from dataclasses import replace

import numpy as np
import pytest
from synthetic import CELL, faults, good_set, rows_of, with_numbers

BAD = 4
GRIPPER = CELL.grippers[0]


@pytest.fixture(scope='module')
def good():
    return good_set(images=False)


def both(good, edit):
    """Return what is said when state and action are changed alike."""
    rows = good[BAD].rows
    entry = with_numbers(good[BAD], edit(rows.state.copy()), edit(rows.action.copy()))
    found = faults([*good[:BAD], entry, *good[BAD + 1 :]])
    assert set(found) == {BAD}
    return ' '.join(found[BAD])


@pytest.mark.parametrize('pair', [(3, 5), (1, 3), (5, 6), (0, 3)])
def test_exchanged_joints_are_named(good, pair):
    def swap(values):
        values[:, list(pair)] = values[:, list(pair)[::-1]]
        return values

    found = both(good, swap)
    assert 'joint' in found


def test_a_pair_that_stays_within_its_limits_is_named_by_what_is_probable(good):
    def swap(values):
        values[:, [5, 6]] = values[:, [6, 5]]
        return values

    assert 'as if panda_joint6 and panda_joint7 were exchanged' in both(good, swap)


@pytest.mark.parametrize('size', [4, 6])
def test_an_object_that_lies_far_from_the_others_is_no_other_unit(good, size):
    """Objects are placed anywhere: a joint may be a quarter of its range from all others."""
    span = CELL.joints[0].upper - CELL.joints[0].lower
    entries = good[:size]
    reach = max(entry.rows.state[:, 0].max() for entry in entries[:-1])
    rows = entries[-1].rows
    shift = reach + 0.2 * span - rows.state[:, 0].min()
    state, action = rows.state.copy(), rows.action.copy()
    state[:, 0] += shift
    action[:, 0] += shift
    found = faults([*entries[:-1], with_numbers(entries[-1], state, action)])
    assert 'other numbers' not in str(found)


def test_another_zero_of_a_joint_is_named_with_what_the_others_have(good):
    def move(values):
        values[:, 0] += 2.0
        return values

    found = both(good, move)
    assert 'other numbers: state of panda_joint1 differs from the others' in found


def test_an_inverted_gripper_is_named(good):
    def invert(values):
        values[:, GRIPPER] = 0.8 - values[:, GRIPPER]
        return values

    assert 'is open where it is closed in the others' in both(good, invert)


def test_a_gripper_that_never_moves_is_named(good):
    def hold(values):
        values[:, GRIPPER] = values[0, GRIPPER]
        return values

    assert 'never changes, in the others it does' in both(good, hold)


def test_a_gripper_that_never_moves_in_any_episode_is_good(good):
    def held(entry):
        values = [entry.rows.state.copy(), entry.rows.action.copy()]
        for value in values:
            value[:, GRIPPER] = 0.0
        return with_numbers(entry, *values)

    assert faults([held(entry) for entry in good]) == {}


def test_an_episode_without_its_end_is_truncated_unless_it_is_no_demonstration(good):
    rows = good[BAD].rows
    entry = replace(good[BAD], rows=rows_of(rows.state[:22], rows.action[:22], 40.0))
    episodes = [*good[:BAD], entry, *good[BAD + 1 :]]
    assert 'of its range, in the others at' in ' '.join(faults(episodes)[BAD])
    failed = replace(entry, is_demonstration=False)
    assert faults([*good[:BAD], failed, *good[BAD + 1 :]]) == {}


def test_episodes_of_another_task_are_no_measure(good):
    rows = good[BAD].rows
    entry = replace(good[BAD], rows=rows_of(rows.state[:22], rows.action[:22], 40.0), task='1')
    assert faults([*good[:BAD], entry, *good[BAD + 1 :]]) == {}


def test_two_episodes_do_not_judge_each_other(good):
    rows = good[1].rows
    state, action = rows.state.copy(), rows.action.copy()
    for values in (state, action):
        values[:, GRIPPER] = 0.8 - values[:, GRIPPER]
    assert faults([good[0], with_numbers(good[1], state, action)]) == {}


def test_a_copy_is_named_and_the_first_one_stays_good(good):
    copy = replace(good[1], number=5)
    assert faults([*good[:5], copy]) == {5: ('copy: it is a copy of episode 1',)}


def test_a_copy_with_frames_cut_off_is_one(good):
    rows = good[1].rows
    copy = replace(good[5], rows=rows_of(rows.state[3:], rows.action[3:], 40.0))
    assert faults([*good[:5], copy]) == {5: ('copy: it is a copy of episode 1',)}


def test_a_copy_of_a_copy_is_named_after_the_first(good):
    found = faults([good[0], *(replace(good[0], number=number) for number in (1, 2))])
    assert found == dict.fromkeys((1, 2), ('copy: it is a copy of episode 0',))


def test_rest_in_the_same_pose_is_no_copy(good):
    def rested(entry):
        rows = entry.rows
        rest = np.repeat(CELL.home[None], 12, axis=0)
        state = np.concatenate([rest, rows.state])
        action = np.concatenate([rest, rows.action])
        return replace(entry, rows=rows_of(state, action, 40.0))

    assert not any('copy' in ' '.join(f) for f in faults([rested(e) for e in good]).values())
