from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest
from vla_contract.deployment.cell import load_cell
from vla_contract.errors import ContractError
from vla_contract.joints.joint_states import JointStateMerge

CELL = load_cell('panda_table')
NAMES = CELL.joint_names
ARM, GRIPPER = NAMES[:7], NAMES[7]
S = 1_000_000_000


@pytest.fixture
def merge() -> JointStateMerge:
    return JointStateMerge(CELL)


def test_arm_and_gripper_of_two_drivers_become_one_sample(merge):
    merge.offer(ARM, [1.0] * 7, [0.1] * 7, [5.0] * 7, 10 * S, 10 * S + 1)
    assert merge.sample is None
    assert merge.missing == f'joint_states: no {GRIPPER} yet'
    merge.offer([GRIPPER], [0.4], [], [], 9 * S, 10 * S + 2)
    sample = merge.sample
    assert merge.missing == ''
    assert sample.position.tolist() == [1.0] * 7 + [0.4]
    assert sample.stamp_ns == 10 * S
    assert sample.stamps_ns.tolist() == [10 * S] * 7 + [9 * S]
    assert sample.arrivals_ns.tolist() == [10 * S + 1] * 7 + [10 * S + 2]


def test_what_was_never_heard_of_is_named(merge):
    assert merge.missing == 'no joint_states'
    merge.offer(['shoulder'], [1.0], [], [], S, S)
    assert merge.missing == (
        'joint_states: no panda_joint1, panda_joint2, panda_joint3 and 5 more yet'
    )


def test_what_is_not_measured_is_missing_not_zero(merge):
    velocity = [0.1] * 7 + [np.nan]
    merge.offer(NAMES, [0.0] * 8, velocity, [np.inf] + [2.0] * 7, S, S)
    sample = merge.sample
    assert np.isnan(sample.velocity).tolist() == [False] * 7 + [True]
    assert np.isnan(sample.effort).tolist() == [True] + [False] * 7
    merge.offer(NAMES, [0.0] * 8, [], [], S + 1, S + 1)
    assert np.isnan(merge.sample.velocity).all()
    assert merge.sample.effort is None


def test_a_joint_that_is_not_finite_is_not_in_the_message(merge):
    merge.offer(NAMES, [0.0] * 8, [0.0] * 8, [], S, S)
    merge.offer(NAMES, [np.nan] + [1.0] * 7, [0.0] * 8, [], 2 * S, 2 * S)
    sample = merge.sample
    assert sample.position.tolist() == [0.0] + [1.0] * 7
    assert sample.stamps_ns.tolist() == [S] + [2 * S] * 7
    assert sample.stamp_ns == S


def test_repeated_names_and_wrong_sizes_are_refused(merge):
    with pytest.raises(ContractError, match='repeated panda_joint1'):
        merge.offer([*NAMES, NAMES[0]], [0.0] * 9, [], [], S, S)
    with pytest.raises(ContractError, match='found 2 positions for 3 joints'):
        merge.offer(NAMES[:3], [0.0] * 2, [], [], S, S)
    assert merge.sample is None


def test_what_a_network_reorders_is_dropped_and_a_clock_set_back_is_not(merge):
    merge.offer(NAMES, [2.0] * 8, [], [], 20 * S, 20 * S)
    assert not merge.offer(NAMES, [1.0] * 8, [], [], 20 * S - 5, 20 * S + 5)
    assert merge.sample.position[0] == 2.0
    assert merge.offer(NAMES, [1.0] * 8, [], [], 10 * S, 22 * S)
    assert merge.sample.position[0] == 1.0


@given(st.data())
def test_each_joint_has_the_value_of_its_newest_message(data):
    merge, newest = JointStateMerge(CELL), {}
    stamps = data.draw(st.lists(st.integers(1, S // 2), min_size=1, max_size=12, unique=True))
    for stamp_ns in stamps:
        pool = st.sampled_from([*NAMES, 'wheel', 'finger'])
        names = data.draw(st.lists(pool, unique=True, min_size=1))
        merge.offer(names, [float(stamp_ns)] * len(names), [], [], stamp_ns, S)
        newest |= {name: max(stamp_ns, newest.get(name, 0)) for name in names}
    expected = [newest.get(name) for name in NAMES]
    if None in expected:
        assert merge.sample is None
    else:
        assert merge.sample.position.tolist() == expected
        assert merge.sample.stamps_ns.tolist() == expected
        assert merge.sample.stamp_ns == min(expected[:7])
