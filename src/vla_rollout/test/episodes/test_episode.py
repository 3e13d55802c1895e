from dataclasses import replace
import json

from vla_rollout.episodes.episode import episode_line, EpisodeResult, summarise, summary_line


def result(success: bool, seed: int = 3) -> EpisodeResult:
    return EpisodeResult(
        seed=seed, success=success, termination='success' if success else 'timeout',
        duration_s=2.04, interventions=4, chunks=3, chunk_latency_p50_ms=61.2,
        chunk_latency_p95_ms=80.9,
    )  # fmt: skip


def test_a_line_tells_seed_outcome_duration_interventions_and_latency():
    assert episode_line(1, 5, result(True)) == (
        'episode 1/5  seed 3  success  2.0 s  4 filter interventions  '
        'chunk latency 61/81 ms (p50/p95)'
    )
    assert 'FAILED (timeout)' in episode_line(1, 5, result(False))


def test_a_summary_counts_and_keeps_every_episode():
    summary = summarise([result(True, 0), result(False, 1)], {'policy': 'p'})
    assert (summary['episodes'], summary['successes']) == (2, 1)
    assert summary['wilson_95'][0] < 0.5 < summary['wilson_95'][1]
    assert [r['seed'] for r in summary['results']] == [0, 1]
    json.dumps(summary, allow_nan=False)


def test_what_a_human_helped_with_is_no_success_of_the_policy_and_no_failure_to_imitate():
    helped = replace(
        result(False, 1), assisted=True, filter_counters={'cycles': 100, 'human_cycles': 40}
    )
    results = [result(True, 0), helped]
    summary = summarise(results, {})
    assert (summary['episodes'], summary['successes']) == (2, 1)
    assert [r['outcome'] for r in summary['results']] == ['success', 'assisted']
    assert summary_line(results).endswith('; failed: 1 assisted')
    assert 'assisted: a human commanded 40% of the time' in episode_line(1, 5, helped)


def test_no_episode_is_no_rate():
    assert 'success_rate' not in summarise([], {})
    assert summary_line([]) == 'no episode finished'


def test_the_last_line_says_how_the_failed_ones_ended():
    wrong = replace(result(False, 2), termination='wrong_object')
    results = [result(True, 0), result(False, 1), wrong, wrong]
    assert summary_line(results).endswith('; failed: 2 wrong_object, 1 timeout')
    assert summarise(results, {})['terminations'] == {
        'success': 1,
        'timeout': 1,
        'wrong_object': 2,
    }
    assert 'failed' not in summary_line([result(True, 0)])


def test_a_discarded_episode_is_listed_apart_and_in_no_rate():
    discarded = replace(result(False, 1), termination='discard', is_counted=False)
    labelled = replace(result(True, 0), simulator_success=None, operator_label='success')
    summary = summarise([labelled, discarded], {})
    assert (summary['episodes'], summary['successes']) == (1, 1)
    assert [row['outcome'] for row in summary['results']] == ['success']
    assert [row['outcome'] for row in summary['not_counted']] == ['not_counted']
    assert 'not counted: discard' in episode_line(2, 5, discarded)
    assert summary_line([labelled, discarded]).endswith('; not counted: 1')
    assert summary_line([discarded]) == 'no episode finished'
