"""Every number that the trainings take is bounded; a wrong one is one sentence, at once."""

import pytest
from vla_finetune.act import train_act
from vla_finetune.finetune import main

FINETUNE = [
    *(('steps', v) for v in ('0', '-1', '1000000000')),
    *(('batch', v) for v in ('0', '-1', '1000000')),
    *(('learning_rate', v) for v in ('0', '-1e-5', 'nan', 'inf', '2')),
    *(('sim_share', v) for v in ('-0.1', '1', 'nan')),
    *(('correction_share', v) for v in ('-0.1', '1.1', 'nan')),
    *(('held_out_share', v) for v in ('-0.1', '0.95', 'nan')),
    *(('validate_every', v) for v in ('0', '-1', '1000000000')),
    *(('patience', v) for v in ('-1', '1000000000')),
    *(('lora_rank', v) for v in ('-1', '1000000')),
    *(('memory_gb', v) for v in ('-1', 'nan', 'inf')),
    *(('loaders', v) for v in ('-1', '1000000')),
    *(('threads', v) for v in ('-1', '1000000')),
    *(('seed', v) for v in ('-1', '4294967296')),
]
ACT = [
    *(('--most-frames', v) for v in ('0', '-1')),
    *(('--steps', v) for v in ('0', '-1', '1000000000', '1.5')),
    *(('--ground-steps', v) for v in ('-1', '1000000000')),
    *(('--batch', v) for v in ('0', '1000000')),
    *(('--lr', v) for v in ('0', '-1', 'nan', 'inf')),
    *(('--blank-share', v) for v in ('-0.1', '1.1', 'nan')),
    *(('--early-share', v) for v in ('-0.1', '1.1', 'nan')),
    *(('--seed', v) for v in ('-1', '1.5')),
    *(('--threads', v) for v in ('0', '1000000')),
]


@pytest.mark.parametrize(('name', 'value'), FINETUNE)
def test_a_setting_out_of_bounds_is_one_sentence(name, value, capsys, tmp_path):
    option = '--' + name.replace('_', '-')
    output = ['--output', str(tmp_path / 'run')]
    assert main(['--policy', 'p', '--real', 'r', *output, f'{option}={value}']) == 2
    error = capsys.readouterr().err
    assert error.startswith(f'error: command line: {name}: found ')
    assert 'allowed: ' in error
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(('option', 'value'), ACT)
def test_an_option_out_of_bounds_is_one_sentence(option, value, capsys, tmp_path):
    with pytest.raises(SystemExit) as end:
        train_act.main([f'{option}={value}', '--dataset', 'd', '--output', str(tmp_path / 'run')])
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith(f'error: argument {option}: found {value}; allowed: a ')
    assert error.count('\n') == 1
