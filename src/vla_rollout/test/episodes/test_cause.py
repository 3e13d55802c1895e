from dataclasses import replace

import pytest
from vla_contract.filter_status import Reason, ReasonCode
from vla_rollout.diagnosis.alarm import Alarm
from vla_rollout.diagnosis.diagnosis import diagnosed
from vla_rollout.diagnosis.taxonomy import EMPTY_GRASP, PUSHING
from vla_rollout.episodes.cause import cause_of
from vla_rollout.episodes.episode import episode_line, EpisodeResult, failure_lines

TIMED_OUT = EpisodeResult(3, False, 'timeout', 8.0, 0, 3, None, None)
GRASP = Alarm(EMPTY_GRASP, 1.25, 1.0, 0.5, 'times')
PUSH = Alarm(PUSHING, 0.7, 0.3, 0.05, 'of the effort limit')


@pytest.mark.parametrize(
    ('end', 'mode', 'sentence'),
    [
        ({}, 'timeout', 'timeout'),
        ({'success': True, 'termination': 'success'}, 'success', 'success'),
        (
            {'assisted': True, 'filter_counters': {'cycles': 200, 'human_cycles': 50}},
            'assisted',
            'assisted: a human commanded 25% of the time',
        ),
        (
            {'filter_counters': {'cycles': 800, 'human_cycles': 1}},
            'timeout',
            'timeout: a human commanded 1% of the time',
        ),
        ({'termination': 'operator'}, 'operator stop', 'operator stop'),
        ({'termination': 'wrong_object'}, 'wrong_object', 'wrong_object'),
        ({'termination': ''}, 'unknown', 'unknown'),
        (
            {'termination': 'stopped', 'stop_cause': 'effort spike panda_joint2'},
            'safety stop',
            'safety stop: effort spike panda_joint2',
        ),
        ({'termination': 'discard', 'is_counted': False}, 'not counted', 'not counted: discard'),
        (
            {'failed_inferences': 2, 'inference_failure': 'CUDA out of memory'},
            'timeout',
            'timeout: 2 inferences failed, the last: CUDA out of memory',
        ),
        (
            {'chunks': 0, 'failed_inferences': 1, 'chunk_refusal': 'jump of joint1'},
            'timeout',
            'timeout: 1 inference failed; chunks were refused, the last: jump of joint1',
        ),
    ],
)
def test_without_a_diagnosis_an_episode_counts_as_how_it_ended(end, mode, sentence):
    cause = cause_of(replace(TIMED_OUT, **end))
    assert (cause.mode, cause.sentence) == (mode, sentence)


def test_what_the_diagnosis_found_counts_before_how_the_episode_ended():
    stopped = replace(TIMED_OUT, termination='stopped', stop_cause='effort spike panda_joint2')
    cause = cause_of(diagnosed(stopped, [PUSH]))
    assert cause.mode == 'collision'
    assert cause.sentence == (
        'collision: joints push against something that the model does not know (pushing 0.3 > '
        '0.05 of the effort limit); stopped: effort spike panda_joint2'
    )
    wrong = diagnosed(replace(TIMED_OUT, termination='wrong_object'), [GRASP])
    assert cause_of(wrong).sentence.endswith('(empty_grasp 1 > 0.5 times); ended by wrong_object')


def test_the_alarm_that_names_the_failure_is_the_one_that_is_told():
    # Pushing came first and only announces the empty grasp.
    cause = cause_of(diagnosed(TIMED_OUT, [PUSH, GRASP]))
    assert cause.mode == 'grasp failure'
    assert cause.sentence.startswith('grasp failure: the fingers close on nothing')


def test_the_first_alarm_is_told_beside_the_one_that_names():
    cause = cause_of(diagnosed(TIMED_OUT, [PUSH, GRASP]))
    assert cause.sentence.endswith(
        'first alarm 0.70 s: collision: joints push against something that the model does not know'
    )
    assert 'first alarm' not in cause_of(diagnosed(TIMED_OUT, [GRASP])).sentence


def test_a_stop_that_no_cycle_told_of_is_named_by_the_filters_reason():
    """On a running graph an episode ends with the first message that says so."""
    reason = Reason('tracking error joint4 0.12', ReasonCode.TRACKING)
    stopped = replace(TIMED_OUT, termination='stopped', stop_cause=reason)
    result = diagnosed(stopped, [])
    assert (result.failure_mode, result.failure_cause) == ('safety stop', 'latched')
    assert 'check the controller' in result.advice
    assert cause_of(result).sentence == 'safety stop: tracking error joint4 0.12'
    assert diagnosed(stopped, [PUSH]).failure_mode == 'collision'


def test_advice_is_of_the_alarm_that_names():
    result = diagnosed(TIMED_OUT, [PUSH, GRASP])
    assert (result.failure_cause, result.advice) == ('empty_grasp', EMPTY_GRASP.fix)
    assert f'what to do: {EMPTY_GRASP.fix}' in episode_line(1, 1, result)
    success = diagnosed(replace(TIMED_OUT, success=True, termination='success'), [PUSH])
    assert (success.failure_cause, success.advice) == ('', '')
    assert 'what to do' not in episode_line(1, 1, success)


def test_the_end_of_a_run_has_a_line_per_cause():
    results = [
        diagnosed(TIMED_OUT, [GRASP]),
        replace(diagnosed(TIMED_OUT, [GRASP]), seed=8),
        diagnosed(replace(TIMED_OUT, success=True, termination='success'), []),
        diagnosed(replace(TIMED_OUT, seed=9), []),
    ]
    first, second = failure_lines(results)
    assert first.startswith('2 x grasp failure: the fingers close on nothing')
    assert first.endswith(f'; what to do: {EMPTY_GRASP.fix}; seeds 3 8')
    assert second == '1 x timeout: timeout; seeds 9' or second == '1 x timeout; seeds 9'


def test_an_episode_without_an_answer_is_no_timeout_of_the_policy():
    assert cause_of(replace(TIMED_OUT, chunks=0)).mode == 'no answer'


def test_a_policy_that_never_answered_did_not_fail_at_the_task():
    silent = replace(TIMED_OUT, chunks=0, failed_inferences=12, inference_failure='no memory')
    for result in (silent, diagnosed(silent, []), replace(silent, failure_mode='frozen')):
        cause = cause_of(result)
        assert cause.mode == 'policy failed'
        assert cause.sentence == 'policy failed: 12 inferences failed, the last: no memory'
