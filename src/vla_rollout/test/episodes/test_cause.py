from dataclasses import replace

import pytest
from vla_rollout.diagnosis.alarm import Alarm
from vla_rollout.diagnosis.diagnosis import diagnosed
from vla_rollout.diagnosis.taxonomy import EMPTY_GRASP, PUSHING
from vla_rollout.episodes.cause import cause_of
from vla_rollout.episodes.episode import EpisodeResult

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


def test_an_episode_without_an_answer_is_no_timeout_of_the_policy():
    assert cause_of(replace(TIMED_OUT, chunks=0)).mode == 'no answer'


def test_a_policy_that_never_answered_did_not_fail_at_the_task():
    silent = replace(TIMED_OUT, chunks=0, failed_inferences=12, inference_failure='no memory')
    for result in (silent, diagnosed(silent, []), replace(silent, failure_mode='frozen')):
        cause = cause_of(result)
        assert cause.mode == 'policy failed'
        assert cause.sentence == 'policy failed: 12 inferences failed, the last: no memory'
