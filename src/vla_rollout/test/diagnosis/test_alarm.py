from dataclasses import replace

import pytest
from vla_rollout.diagnosis.alarm import Alarm, FORERUNNERS, naming_alarm
from vla_rollout.diagnosis.cause import Mode
from vla_rollout.diagnosis.taxonomy import (
    ACTUATOR_STUCK,
    DISAGREEMENT,
    EMPTY_GRASP,
    FINGERS_STUCK,
    FIRST_CHUNK,
    LAG,
    NO_ACTIONS,
    OFF_PATH,
    PUSHING,
    REVERSALS,
)


def named(*found):
    alarm = naming_alarm([Alarm(cause, at_s, 2.0, 1.0, 'times') for cause, at_s in found])
    return alarm.cause.mode if alarm else None


def test_nothing_names_an_episode_without_alarms():
    assert naming_alarm([]) is None


@pytest.mark.parametrize(
    ('found', 'mode'),
    [
        ([(OFF_PATH, 0.5), (PUSHING, 0.8), (EMPTY_GRASP, 1.1)], Mode.DRIFT),
        ([(NO_ACTIONS, 0.5), (REVERSALS, 0.6)], Mode.FROZEN),
        ([(PUSHING, 0.3), (LAG, 0.9), (REVERSALS, 1.3)], Mode.COLLISION),
    ],
)
def test_what_comes_first_names_the_failure_and_others_follow_from_it(found, mode):
    assert named(*found) is mode


@pytest.mark.parametrize(
    ('found', 'mode'),
    [
        ([(LAG, 0.41), (OFF_PATH, 0.5), (REVERSALS, 0.7)], Mode.OSCILLATION),
        ([(ACTUATOR_STUCK, 0.2), (PUSHING, 0.8)], Mode.COLLISION),
        ([(ACTUATOR_STUCK, 0.37), (LAG, 0.6)], Mode.DRIFT),
        ([(DISAGREEMENT, 1.3), (EMPTY_GRASP, 2.5)], Mode.GRASP),
        ([(REVERSALS, 1.3), (FINGERS_STUCK, 2.3)], Mode.GRASP),
        ([(PUSHING, 0.9), (EMPTY_GRASP, 1.4), (REVERSALS, 5.3)], Mode.GRASP),
    ],
)
def test_what_its_forerunners_announced_names_it_instead(found, mode):
    assert named(*found) is mode


def test_a_forerunner_long_before_is_none():
    assert named((OFF_PATH, 0.33), (REVERSALS, 0.93)) is Mode.DRIFT
    # A policy whose actions are noisy also misses the object, a second later.
    assert named((REVERSALS, 0.47), (EMPTY_GRASP, 1.6)) is Mode.OSCILLATION


def test_what_ended_before_the_arm_moved_names_nothing():
    waited = replace(Alarm(FIRST_CHUNK, 3.0, 3.1, 3.0, 's'), is_past=True)
    lost = Alarm(EMPTY_GRASP, 6.0, 1.0, 0.5, 'times')
    assert naming_alarm([waited, lost]) is lost
    assert naming_alarm([waited]) is None


def test_what_something_else_came_before_is_not_explained_by_its_forerunners():
    found = (REVERSALS, 0.5), (OFF_PATH, 0.5), (EMPTY_GRASP, 1.1)
    assert named(*found) is Mode.OSCILLATION
    assert named((ACTUATOR_STUCK, 0.2), (PUSHING, 0.8), (EMPTY_GRASP, 2.0)) is Mode.COLLISION


def test_every_entry_says_why_and_none_explains_itself():
    for known in FORERUNNERS:
        assert known.reason
        assert known.of not in known.causes
        assert 0.0 < known.within_s <= 3.0
