from dataclasses import replace
import json

import pytest
from vla_rollout.episodes.answers import answered, has_answer, score_of
from vla_rollout.episodes.episode import episode_line, EpisodeResult, summarise, summary_line


def episode(seed: int, chunks: int, failed: int = 0, refusal: str = '') -> EpisodeResult:
    return EpisodeResult(
        *(seed, chunks > 9, 'timeout', 6.0, 0, chunks, None, None),
        failed_inferences=failed,
        inference_failure=f'no memory, {failed}' if failed else '',
        chunk_refusal=refusal,
    )


def test_episodes_without_an_answer_are_errors_and_in_no_rate():
    results = [episode(k, 10 if k < 5 else 3) for k in range(7)]
    results += [episode(7 + k, 0, 121 + k) for k in range(3)]
    assert [result.outcome for result in results[4:]] == [
        'success', 'failure', 'failure', 'error', 'error', 'error',
    ]  # fmt: skip
    assert summary_line(results) == (
        '3 of 10 episodes had no answer (last: no memory, 123); success 5/7 (71%, 95 % interval '
        '36-92%); failed: 2 timeout; 366 inferences failed'
    )
    summary = summarise(results, {})
    assert (summary['episodes'], summary['successes'], summary['errors']) == (7, 5, 3)
    assert summary['success_rate'] == pytest.approx(5 / 7)
    assert (summary['failed_inferences'], summary['last_inference_failure']) == (
        366, 'no memory, 123',
    )  # fmt: skip
    assert len(summary['results']) == 10
    json.dumps(summary, allow_nan=False)


def test_a_run_without_any_answer_has_no_rate():
    results = [episode(0, 0, 121), episode(1, 0, 122)]
    assert not answered(results)
    assert 'success_rate' not in summarise(results, {})
    assert summary_line(results) == (
        '2 of 2 episodes had no answer (last: no memory, 122); success unknown; '
        '243 inferences failed'
    )
    assert score_of(results).interval is None
    silent = replace(results[0], failed_inferences=0, inference_failure='')
    assert summary_line([silent]) == '1 of 1 episodes had no answer; success unknown'


def test_refused_chunks_are_counted_and_what_they_may_be_is_asked():
    jump = 'jump panda_joint4 of 2.45'
    wrong = replace(episode(0, 0, refusal=jump), filter_counters={'rejected_chunks': 40})
    assert summary_line([wrong]).endswith(
        f'; 40 of 40 chunks were refused, in 1 episodes (last: {jump}): are these velocities, '
        'moves or degrees? vla check policy'
    )
    assert summarise([wrong], {})['refused_chunks'] == 40
    once = replace(episode(1, 39, refusal=jump), filter_counters={'rejected_chunks': 1})
    assert summary_line([once]).endswith(
        f'1 of 40 chunks were refused, in 1 episodes (last: {jump})'
    )


def test_refused_chunks_of_a_graph_are_counted_without_a_reason():
    seen = replace(episode(0, 30), filter_counters={'rejected_chunks': 10})
    assert summary_line([seen]).endswith('10 of 40 chunks were refused, in 1 episodes')


def test_failed_inferences_are_said_where_others_answered():
    results = [episode(0, 10, 3), episode(1, 10)]
    assert summary_line(results).endswith('); 3 inferences failed (last: no memory, 3)')
    assert summarise(results, {})['last_inference_failure'] == 'no memory, 3'


def test_a_chunk_that_the_filter_refuses_is_an_answer():
    refused = episode(0, 0, refusal='joint 3 is missing')
    assert has_answer(refused)
    assert summary_line([refused]).endswith(
        '; chunks were refused in 1 episodes (last: joint 3 is missing)'
    )


def test_answers_alone_need_no_word():
    assert not list(score_of([episode(0, 10)]).notes())


def test_the_line_of_an_episode_says_that_it_had_no_answer():
    line = episode_line(1, 5, episode(0, 0, 121))
    assert 'NO ANSWER (policy failed: 121 inferences failed, the last: no memory, 121)' in line


def test_a_discarded_episode_is_no_error():
    discarded = replace(episode(0, 0), is_counted=False, termination='discard')
    assert discarded.outcome == 'not_counted'
    assert summary_line([discarded]) == 'no episode finished'
