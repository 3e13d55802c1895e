"""What the filter makes of the chunks of a policy, as its own sentences say it."""

from dataclasses import replace

import numpy as np
import pytest
from vla_action_filter.action_filter import ActionFilter
from vla_action_filter.config import load_filter_config
from vla_contract.filter_status import Reason, ReasonCode, Verdict
from vla_contract.values import ActionChunk, JointSample
from vla_rollout.diagnosis.alarm import naming_alarm
from vla_rollout.diagnosis.detectors.chunks.refused import Refused
from vla_rollout.diagnosis.detectors.latched import Latched
from vla_rollout.diagnosis.diagnosis import Diagnosis
from vla_rollout.diagnosis.taxonomy import LATCHED_FOR
from vla_rollout.episodes.cycle import Cycle

PERIOD_NS = 100_000_000


def degrees(positions):
    return np.degrees(positions)


def swapped(positions):
    positions[:, [1, 3]] = positions[:, [3, 1]]
    return positions


def not_finite(positions):
    positions[2, 3] = np.nan
    return positions


def too_few(positions):
    return positions[:, :5]


def watched(cell, spoil, delay_ns=0):
    """Run a filter for two seconds on chunks that stay at home, spoiled; return who watched."""
    action_filter, diagnosis = ActionFilter(cell, load_filter_config(None)), Diagnosis(cell, None)
    command = cell.home
    for k in range(200):
        now_ns = (k + 1) * action_filter.period_ns
        joints = JointSample(now_ns, command, np.zeros(8))
        action_filter.offer_joints(joints)
        if k % 20 == 10:
            positions = spoil(np.tile(cell.home, (16, 1)))
            chunk = ActionChunk(now_ns + delay_ns, PERIOD_NS, positions)
            if action_filter.offer_chunk(chunk, now_ns):
                diagnosis.see_refused(chunk)
        done = action_filter.step(now_ns)
        command = command if done.command is None else done.command
        diagnosis.see_cycle(
            Cycle(now_ns, done.desired, done.command, joints, done.verdict, done.reason)
        )
    return diagnosis


@pytest.mark.parametrize(
    ('spoil', 'delay_ns', 'sentence', 'advice'),
    [
        (degrees, 0, 'chunk refused, jump panda_joint', 'units, joint order and statistics'),
        (swapped, 0, 'chunk refused, jump panda_joint', 'units, joint order and statistics'),
        (not_finite, 0, 'chunk refused, chunk is not finite', 'number of joints'),
        (too_few, 0, 'chunk refused, ', 'number of joints'),
        (np.array, 5_000_000_000, 'chunk refused, chunk is from the future', 'set the clocks'),
    ],
)
def test_refused_chunks_are_named_by_the_filters_own_sentence(
    cell, spoil, delay_ns, sentence, advice
):
    diagnosis = watched(cell, spoil, delay_ns)
    alarm = naming_alarm(diagnosis.alarms)
    assert alarm.cause.name == 'refused'
    assert alarm.evidence.startswith(sentence)
    assert sentence in str(alarm)
    assert advice in alarm.cause.fix
    assert 'inference' not in ' '.join((*alarm.cause.roots, alarm.cause.fix))
    assert alarm.at_s < 1.2


def reversed_joint(positions):
    positions[:, 3] *= -1.0
    return positions


@pytest.mark.parametrize(
    ('spoil', 'said'),
    [
        (degrees, 'it looks like degrees for radians'),
        (swapped, 'it looks like panda_joint2 and panda_joint4 exchanged'),
        (reversed_joint, 'it looks like panda_joint4 reversed'),
        (lambda positions: positions + 1.3, ''),
    ],
)
def test_a_jump_is_told_with_the_mistake_that_explains_it(cell, spoil, said):
    alarm = naming_alarm(watched(cell, spoil).alarms)
    assert alarm.evidence.startswith('chunk refused, jump')
    assert alarm.evidence.partition('; ')[2] == said


def test_chunks_that_are_taken_are_not_refused(cell):
    assert watched(cell, np.array).alarms == []


def test_refusals_with_motion_in_between_add_up(cell, cycle):
    detector, refused = (
        Refused(cell),
        Reason('chunk refused, jump a of 2', ReasonCode.CHUNK_REFUSED),
    )
    scores = [
        detector.see_cycle(
            cycle(k, verdict=Verdict.HOLD, reason=refused) if k % 40 < 30 else cycle(k)
        )
        for k in range(200)
    ]
    assert max(scores) > 1.2
    for k in range(200, 420):
        score = detector.see_cycle(cycle(k))
    assert score == 0.0


def test_a_first_chunk_that_is_late_rings_once_and_names_nothing_later(cell, cycle):
    diagnosis = Diagnosis(cell, None)
    for k in range(350):
        diagnosis.see_cycle(cycle(k, verdict=Verdict.HOLD))
    assert [alarm.cause.name for alarm in diagnosis.alarms] == ['first_chunk']
    assert naming_alarm(diagnosis.alarms).cause.name == 'first_chunk'
    diagnosis.see_chunk(ActionChunk(0, PERIOD_NS, np.tile(cell.home, (4, 1))))
    for k in range(350, 400):
        away = cell.home
        away[0] += 0.01 * (k - 350)
        diagnosis.see_cycle(cycle(k, desired=away))
    assert naming_alarm(diagnosis.alarms) is None


def test_a_wait_of_a_second_for_the_first_chunk_is_no_alarm(cell, cycle):
    diagnosis = Diagnosis(cell, None)
    for k in range(100):
        diagnosis.see_cycle(cycle(k, verdict=Verdict.HOLD))
    assert diagnosis.alarms == []


@pytest.mark.parametrize('code', [ReasonCode.EFFORT, ReasonCode.TRACKING, ReasonCode.E_STOP])
def test_a_latched_stop_is_named_with_the_reason_of_the_filter(cell, cycle, code):
    diagnosis = Diagnosis(cell, None)
    diagnosis.see_cycle(cycle(0))
    reason = Reason('effort spike panda_joint7 99 %', code)
    diagnosis.see_cycle(cycle(1, verdict=Verdict.STOP, reason=reason))
    (alarm,) = diagnosis.alarms
    assert alarm.cause == LATCHED_FOR[code]
    assert alarm.evidence == 'effort spike panda_joint7 99 %'
    assert 'action_filter/reset' in alarm.cause.fix
    diagnosis.restart()
    diagnosis.see_cycle(replace(cycle(2), verdict=Verdict.PASS))
    assert diagnosis.alarms == []


def test_a_hold_is_not_latched(cycle):
    assert Latched().see_cycle(cycle(0, verdict=Verdict.HOLD)) == 0.0
