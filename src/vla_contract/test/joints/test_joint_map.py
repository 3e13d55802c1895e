from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from vla_contract.errors import NameMismatchError
from vla_contract.joints.joint_map import JointMap

NAMES = ('a', 'b', 'c', 'd')


@settings(deadline=None)
@given(st.permutations(NAMES), st.permutations(NAMES))
def test_there_and_back_is_the_identity(source, target):
    values = np.arange(4.0)
    there = JointMap(source, target, 'x')(values)
    assert JointMap(target, source, 'x')(there).tolist() == values.tolist()


def test_values_follow_their_names():
    assert JointMap(('b', 'passive', 'a'), ('a', 'b'), 'x')([2, 9, 1]).tolist() == [1, 2]


def test_the_last_axis_is_mapped():
    mapped = JointMap(('b', 'a'), ('a', 'b'), 'x')(np.array([[1, 2], [3, 4]]))
    assert mapped.tolist() == [[2, 1], [4, 3]]


@pytest.mark.parametrize(
    ('source', 'message'), [(('a',), 'missing b'), (('a', 'b', 'b'), 'repeated b')]
)
def test_a_name_that_is_not_there_once_is_refused(source, message):
    with pytest.raises(NameMismatchError, match=message):
        JointMap(source, ('a', 'b'), 'joint_states')
