import numpy as np
import pytest
from synthetic import CELL, faults, good_set, rows_of, with_numbers

BAD = 2


@pytest.fixture(scope='module')
def good():
    return good_set(images=False)


def said(good, entry):
    found = faults([*good[:BAD], entry, *good[BAD + 1 :]])
    assert set(found) == {BAD}
    return ' '.join(found[BAD])


def rebuilt(entry, state, action):
    from dataclasses import replace

    return replace(entry, rows=rows_of(state, action, 40.0))


def test_a_joint_that_stays_while_its_action_moves_is_stuck(good):
    state = good[BAD].rows.state.copy()
    state[6:30, 1] = state[6, 1]
    found = said(good, with_numbers(good[BAD], state))
    assert 'stuck: panda_joint2 stays while its action moves, frames 6 to' in found


def test_an_arm_that_waits_where_it_was_told_to_is_not_stuck(good):
    rows = good[BAD].rows
    wait = [*range(15), *[15] * 12, *range(15, len(rows.state))]
    state, action = rows.state[wait], rows.action[wait]
    assert faults([*good[:BAD], rebuilt(good[BAD], state, action), *good[BAD + 1 :]]) == {}


def test_frames_cut_out_of_the_middle_are_a_jump(good):
    rows = good[BAD].rows
    kept = [*range(8), *range(20, len(rows.state))]
    entry = rebuilt(good[BAD], rows.state[kept], rows.action[kept])
    assert 'from frame 7 to 8, unasked' in said(good, entry)


def test_two_episodes_in_one_are_a_jump_and_the_second_is_no_copy(good):
    first, second = good[BAD].rows, good[BAD + 1].rows
    entry = rebuilt(
        good[BAD],
        np.concatenate([first.state, second.state]),
        np.concatenate([first.action, second.action]),
    )
    end = len(first.state) - 1
    assert f'from frame {end} to {end + 1}, unasked' in said(good, entry)


def test_values_that_drop_to_zero_are_a_jump(good):
    state = good[BAD].rows.state.copy()
    state[20, list(CELL.arm)] = 0.0
    assert 'jump: ' in said(good, with_numbers(good[BAD], state))
