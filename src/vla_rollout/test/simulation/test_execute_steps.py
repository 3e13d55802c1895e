"""More steps than a policy's chunk has are one sentence and status 2, before they are played."""

import pytest
from vla_rollout.diagnosis.learn_healthy import main as learn_thresholds
from vla_rollout.simulation.check_instruction import main as check_instruction
from vla_rollout.simulation.simulate import main

BACKEND = ['--backend', 'scripted']
SENTENCE = 'execute_steps: found 9, and a chunk of this policy has 8; allowed: 1 to 8'


def assert_one_sentence(error: str, sentence: str) -> None:
    (line,) = error.splitlines()
    assert line.startswith('error: policy ')
    assert sentence in line


@pytest.mark.parametrize('more', [['--workers', '1'], ['--workers', '2'], ['--sweep', 'none']])
def test_with_the_first_chunk_where_only_that_tells(more, tmp_path, capfd):
    words = [*BACKEND, *more, '--episodes', '2', '--runs', str(tmp_path)]
    assert main([*words, '--execute-steps', '9']) == 2
    assert_one_sentence(capfd.readouterr().err, SENTENCE)
    assert not list(tmp_path.rglob('summary.json'))


def test_as_many_as_it_has_run(tmp_path):
    words = [*BACKEND, '--workers', '1', '--episodes', '1', '--runs', str(tmp_path)]
    assert main([*words, '--execute-steps', '8']) == 0


def test_an_instruction_check_refuses_them_too(tmp_path, capfd):
    words = [*BACKEND, '--episodes', '1', '--runs', str(tmp_path)]
    assert check_instruction([*words, '--execute-steps', '9']) == 2
    assert_one_sentence(capfd.readouterr().err, SENTENCE)


def test_before_anything_is_written_where_the_checkpoint_tells(tmp_path, capfd):
    words = ['--policy', 'panda_lift_act', '--runs', str(tmp_path / 'runs')]
    assert main([*words, '--execute-steps', '17']) == 2
    sentence = 'execute_steps: found 17, and a chunk of this policy has 16; allowed: 1 to 16'
    assert_one_sentence(capfd.readouterr().err, sentence)
    assert not list(tmp_path.iterdir())


def test_thresholds_are_not_learned_with_them(tmp_path, capfd):
    output = ['--output', str(tmp_path / 'healthy.json')]
    words = [*BACKEND, *output, '--episodes', '10', '--execute-steps', '9']
    assert learn_thresholds(words) == 2
    assert SENTENCE in capfd.readouterr().err
