import json

import pytest
from vla_rollout.episodes.episode import EpisodeResult
from vla_rollout.simulation.answers import answer_counts, answer_lines, answered
from vla_rollout.simulation.simulate import main


def episode(seed: int, chunks: int, failed: int = 0, refusal: str = '') -> EpisodeResult:
    return EpisodeResult(
        *(seed, chunks > 9, 'timeout', 6.0, 0, chunks, None, None),
        failed_inferences=failed,
        inference_failure=f'no memory, {failed}' if failed else '',
        chunk_refusal=refusal,
    )


def test_an_episode_without_an_answer_is_named():
    results = [episode(0, 0, 121), episode(1, 10, 3), episode(2, 10)]
    assert answered(results)
    assert answer_counts(results) == {
        'failed_inferences': 124,
        'episodes_with_failed_inferences': 2,
        'episodes_without_an_answer': 1,
        'last_inference_failure': 'no memory, 3',
    }
    silent, failed = answer_lines(results, 'p, none')
    assert silent.startswith('p, none: no answer of the policy in 1 of 3 episodes')
    assert failed == 'p, none: 124 inferences failed; the last: no memory, 3'


def test_a_chunk_that_the_filter_refuses_is_an_answer():
    results = [episode(0, 0, refusal='joint 3 is missing')]
    assert answered(results)
    assert list(answer_lines(results)) == [
        'chunks were refused in 1 episodes; the last: joint 3 is missing'
    ]


def test_answers_alone_need_no_word():
    assert not list(answer_lines([episode(0, 10)]))


class Policy:
    """Raises in every inference, or in every second."""

    needs_images = False
    needs_extras = ()

    def __init__(self, period_ns: int, every: int) -> None:
        self._period_ns, self._every, self._count = period_ns, every, 0

    def infer(self, observation):
        from vla_contract.values import ActionChunk

        self._count += 1
        if self._count % self._every == 0:
            raise RuntimeError('CUDA error: out of memory')
        positions = observation.state[None].repeat(8, axis=0)
        return ActionChunk(observation.stamp_ns, self._period_ns, positions)

    def reset(self) -> None:
        pass


def always_raises(deployment, device) -> Policy:
    return Policy(10**8, 1)


def sometimes_raises(deployment, device) -> Policy:
    return Policy(10**8, 2)


@pytest.mark.parametrize('more', [[], ['--sweep', 'none']])
@pytest.mark.parametrize(('factory', 'status'), [('always_raises', 1), ('sometimes_raises', 0)])
def test_a_run_says_that_inferences_failed(factory, status, more, tmp_path, capsys):
    backend = ['--backend', f'{__name__}:{factory}', '--workers', '1', '--episodes', '1']
    assert main([*backend, *more, '--runs', str(tmp_path)]) == status
    out = capsys.readouterr().out
    assert 'inferences failed; the last: policy raised RuntimeError: CUDA error: out of' in out
    assert ('no answer of the policy in 1 of 1 episodes' in out) == bool(status)
    summary = json.loads((tmp_path / 'latest' / 'summary.json').read_text())
    counts = summary['rows'][0] if more else summary['answers']
    assert counts['failed_inferences'] > 9
    assert counts['episodes_without_an_answer'] == status


def test_a_latency_at_which_no_answer_comes_in_time_is_no_success(tmp_path, capsys):
    words = ['--backend', 'hold', '--workers', '1', '--episodes', '1', '--runs', str(tmp_path)]
    assert main([*words, '--latency-s', '60']) == 1
    assert 'no answer of the policy in 1 of 1 episodes' in capsys.readouterr().out
