from dataclasses import replace

import numpy as np
import pytest
from vla_contract.deployment.cell import load_cell
from vla_contract.errors import VlaError
from vla_contract.filter_status import Reason, ReasonCode, Verdict
from vla_rollout.diagnosis.cause import Mode
from vla_rollout.diagnosis.detectors.registry import make_detectors
from vla_rollout.diagnosis.diagnosis import Diagnosis, failure_mode
from vla_rollout.diagnosis.healthy import (
    blind_spots,
    Healthy,
    HighestScores,
    learn_thresholds,
    load_healthy,
)

DETECTORS = make_detectors(load_cell('panda_table'), np.empty((0, 7)))
NAMES = {d.cause.name for d in DETECTORS}
LEARNED = {d.cause.name for d in DETECTORS if d.threshold(None) is None}


def healthy(cell, **thresholds):
    return Healthy(thresholds, np.empty((0, 7)), 200, 0.05, cell.sha256)


def test_an_alarm_is_raised_once_and_says_what_why_and_when(cell, cycle):
    diagnosis = Diagnosis(cell, healthy(cell, policy_stays=100.0))
    diagnosis.see_cycle(cycle(0))
    for k in range(1, 200):
        diagnosis.see_cycle(cycle(k, verdict=Verdict.HOLD))
    (alarm,) = diagnosis.alarms
    assert alarm.cause.mode is Mode.FROZEN
    assert alarm.at_s == pytest.approx(0.52)
    assert 'no more chunks' in str(alarm)


@pytest.mark.parametrize('reason', [None, Reason('wait', ReasonCode.HAND_BACK)])
def test_what_a_human_commands_is_no_failure_of_the_policy(cell, cycle, reason):
    diagnosis = Diagnosis(cell, None)
    human = () if reason else ('arm',)
    for k in range(200):
        led = cycle(k, verdict=Verdict.HOLD, reason=reason)
        assert diagnosis.see_cycle(replace(led, human=human)) == []
    diagnosis.see_cycle(cycle(200))
    for k in range(201, 400):
        diagnosis.see_cycle(cycle(k, verdict=Verdict.HOLD))
    (alarm,) = diagnosis.alarms
    assert alarm.at_s == pytest.approx(2.52, abs=0.02)


def test_what_cannot_be_measured_is_unavailable_not_good(cell, cycle):
    learned = dict.fromkeys(NAMES, 1.0)
    diagnosis = Diagnosis(cell, healthy(cell, **learned))
    diagnosis.see_cycle(cycle(0))
    images = {'dark_image', 'still_image', 'wrong_view', 'unlike_training'}
    assert diagnosis.unavailable == {'pushing', 'off_path'} | images


def test_what_was_never_learned_is_unavailable_and_raises_nothing(cell, cycle):
    for taught, more in ((healthy(cell, policy_stays=100.0), {'policy_stays'}), (None, set())):
        diagnosis = Diagnosis(cell, taught)
        for k in range(200):
            diagnosis.see_cycle(cycle(k))
        assert diagnosis.unavailable & LEARNED == LEARNED - more
        assert not diagnosis.alarms


def test_after_a_pause_detectors_begin_anew_and_alarms_stay(cell, cycle):
    diagnosis = Diagnosis(cell, None)
    diagnosis.see_cycle(cycle(0))
    for k in range(1, 100):
        diagnosis.see_cycle(cycle(k, verdict=Verdict.HOLD))
    (alarm,) = diagnosis.alarms
    diagnosis.go_on()
    assert not diagnosis.see_cycle(cycle(900, verdict=Verdict.HOLD))
    assert diagnosis.alarms == [alarm]


def test_an_alarm_names_the_failure_and_else_its_end_does(cell, cycle):
    diagnosis = Diagnosis(cell, healthy(cell, policy_stays=1.5))
    diagnosis.see_cycle(cycle(0))
    for k in range(1, 200):
        diagnosis.see_cycle(cycle(k, verdict=Verdict.HOLD))
    assert [a.cause.name for a in diagnosis.alarms] == ['no_actions', 'policy_stays']
    assert failure_mode(diagnosis.alarms, 'timeout') is Mode.FROZEN
    assert failure_mode([], 'timeout') is Mode.TIMEOUT
    assert failure_mode([], 'operator') is Mode.OPERATOR
    assert failure_mode([], 'wrong_object') is None


def test_a_learned_threshold_lets_what_it_learned_from_pass(cell, cycle, tmp_path):
    postures = np.tile(cell.home[:7], (3, 1))
    scores = HighestScores(cell, postures)
    episodes = []
    for episode in range(200):
        scores.restart()
        for k in range(20 + episode % 40):
            scores.see_cycle(cycle(k))
        episodes.append(scores.by_cause)
    thresholds = learn_thresholds(episodes, 0.05)
    assert thresholds['policy_stays'] == pytest.approx(0.58)
    assert set(thresholds) <= {d.cause.name for d in DETECTORS if d.is_learned}
    learned = Healthy(thresholds, postures, len(episodes), 0.05, cell.sha256)
    learned.save(tmp_path / 'healthy.json')
    loaded = load_healthy(tmp_path / 'healthy.json', cell)
    assert loaded.thresholds == thresholds
    diagnosis = Diagnosis(cell, loaded)
    for k in range(60):
        diagnosis.see_cycle(cycle(k))
    assert not diagnosis.alarms


def test_learning_warns_where_it_teaches_that_failing_is_healthy(cell):
    good = {'empty_grasp': 0.0, 'policy_stays': 0.2, 'no_progress': 60.0}
    assert blind_spots(cell, good) == []
    (warning,) = blind_spots(cell, {**good, 'empty_grasp': 5.0})
    assert warning.startswith('empty_grasp: episodes that count as healthy reach 5 times; ')


def test_too_few_episodes_and_foreign_files_are_refused(cell, tmp_path):
    with pytest.raises(VlaError, match='39 are needed for 0.025'):
        learn_thresholds([{'no_actions': 1.0, 'tracking': 0.1}], 0.05)
    with pytest.raises(VlaError, match='not what vla rollout learn-thresholds writes'):
        load_healthy(tmp_path / 'nothing.json', cell)
    foreign = Healthy({}, np.empty((0, 7)), 1, 0.05, 'another')
    foreign.save(tmp_path / 'foreign.json')
    with pytest.raises(VlaError, match='in another cell than panda_table'):
        load_healthy(tmp_path / 'foreign.json', cell)
