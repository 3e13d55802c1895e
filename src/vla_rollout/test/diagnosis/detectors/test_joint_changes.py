from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest
from vla_rollout.diagnosis.detectors.joint_changes import explaining_change
from vla_rollout.diagnosis.detectors.joint_span import joint_span
from vla_rollout.diagnosis.detectors.motion.off_path import OffPath

NAMES = ('a', 'b', 'c', 'slide')
SPAN = np.array([6.0, 3.0, 3.0, 0.5])
ANGLES = (True, True, True, False)
THERE = np.array([[0.8, -1.0, 2.0, 0.1], [0.9, -1.1, 2.1, 0.2]])


def explained(here):
    return explaining_change(np.asarray(here), THERE, SPAN, NAMES, ANGLES)


def test_a_mistake_is_told_by_undoing_it():
    a, b, c, slide = THERE[0]
    assert explained([*np.degrees([a, b, c]), slide]) == 'degrees for radians'
    assert explained([*np.radians([a, b, c]), slide]) == 'radians for degrees'
    assert explained([a, -b, c, slide]) == 'b reversed'
    assert explained([c, b, a, slide]) == 'a and c exchanged'


@pytest.mark.parametrize('here', [THERE[1], [2.5, 1.5, 0.0, 0.4], [np.nan, 0.0, 0.0, 0.0]])
def test_what_is_right_or_wrong_in_another_way_is_not_explained(here):
    assert explained(here) == ''


@pytest.mark.parametrize(
    ('a', 'slide_share', 'said'),
    [
        (-0.20, 0.0, ''),  # a place to be is near, though the mirrored one is exactly one
        (-0.44, 0.04, 'a reversed'),
        (-0.44, 0.07, ''),  # reversed it would hardly be nearer
    ],
)
def test_a_mistake_is_told_only_where_it_brings_much_nearer(a, slide_share, said):
    there = np.array([[0.2, -1.0, 2.0, 0.1]])
    here = np.array([a, -1.0, 2.0, 0.1 + slide_share * SPAN[3]])
    assert explaining_change(here, there, SPAN, NAMES, ANGLES) == said


def test_without_any_place_to_be_nothing_is_explained():
    assert explaining_change(THERE[0], np.empty((0, 4)), SPAN, NAMES, ANGLES) == ''


@given(st.integers(0, 1), st.lists(st.floats(-0.05, 0.05), min_size=4, max_size=4))
def test_near_a_place_to_be_nothing_is_a_mistake(place, shares):
    assert explained(THERE[place] + np.array(shares) * SPAN) == ''


def test_an_arm_that_begins_elsewhere_is_told_with_the_mistake(cell, cycle):
    detector = OffPath(cell, cell.home[None, : len(cell.arm)])
    reversed_ = cell.home
    reversed_[3] *= -1.0
    assert detector.see_cycle(cycle(0, measured=reversed_)) > detector.floor
    assert detector.evidence.endswith('from the nearest; it looks like panda_joint4 reversed')
    detector.restart()
    away = cell.home
    away[3] += 0.2 * joint_span(cell)[3]
    detector.see_cycle(cycle(0, measured=away))
    assert 'it looks like' not in detector.evidence
