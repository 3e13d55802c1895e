import json

import pytest
from vla_rollout.report.report_runs import main as report
from vla_rollout.simulation.check_instruction import main as check_instruction
from vla_rollout.simulation.simulate import main

LAST = '(last: policy raised RuntimeError: CUDA error: out of memory'


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
    assert LAST in out
    assert ('1 of 1 episodes had no answer' in out) == bool(status)
    summary = json.loads((tmp_path / 'latest' / 'summary.json').read_text())
    counts = summary['rows'][0] if more else summary
    assert counts['failed_inferences'] > 9
    assert 'CUDA error' in counts['last_inference_failure']
    assert (counts['errors'], counts['episodes']) == (status, 1 - status)
    assert report([str(tmp_path / 'latest'), '--json', str(tmp_path / 'r.json')]) == 0
    page = (tmp_path / 'latest' / 'report.html').read_text()
    assert LAST in page
    assert ('1 of 1 episodes had no answer' in page) == bool(status)
    xml = (tmp_path / 'latest' / 'report.junit.xml').read_text()
    assert f'errors="{status}"' in xml
    (numbers,) = json.loads((tmp_path / 'r.json').read_text())['runs']
    assert (numbers['rows'][0] if more else numbers)['errors'] == status


def test_an_instruction_check_says_that_inferences_failed(tmp_path, capsys):
    backend = ['--backend', f'{__name__}:always_raises', '--episodes', '1']
    assert check_instruction([*backend, '--runs', str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert out.count('1 of 1 episodes had no answer (last: policy raised RuntimeError') == 2
    assert 'both instructions obeyed in 0 of 0 scenes' in out
    summary = json.loads((tmp_path / 'latest' / 'summary.json').read_text())
    assert summary['as_drawn']['errors'] == summary['swapped']['errors'] == 1
    assert report([str(tmp_path / 'latest')]) == 0
    assert LAST in (tmp_path / 'latest' / 'report.html').read_text()


def test_a_latency_at_which_no_answer_comes_in_time_is_no_success(tmp_path, capsys):
    words = ['--backend', 'hold', '--workers', '1', '--episodes', '1', '--runs', str(tmp_path)]
    assert main([*words, '--latency-s', '60']) == 1
    out = capsys.readouterr().out
    assert 'hold: 1 of 1 episodes had no answer; success unknown' in out
    assert 'seeds without an answer: 0' in out
