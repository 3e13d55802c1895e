"""Every number that the simulated runs take is bounded; a wrong one is one sentence, at once."""

import os

import pytest
from vla_rollout.simulation import check_instruction, simulate

MOST_WORKERS = 4 * (os.cpu_count() or 1)
EPISODES = 'allowed: a whole number from 1 to 100000'
SEED = 'allowed: a whole number from 0 to 4000000000'
STEPS = 'allowed: a whole number from 1 to 1000'
LATENCY = 'allowed: a number from 0 to 60 s'
SPEED = 'allowed: above 0, up to 1'
BOTH = [
    *(('--episodes', value, EPISODES) for value in ('0', '-3', '1000000000', '1.5', 'nan', '1e3')),
    *(('--first-seed', value, SEED) for value in ('-1', '4294967296', '0.5', 'inf')),
    *(('--execute-steps', value, STEPS) for value in ('0', '-4', '1001', '4.0')),
    *(('--latency-s', value, LATENCY) for value in ('-1', '-0.001', '60.1', 'inf', 'nan', 'x')),
    *(('--speed', value, SPEED) for value in ('0', '-1', '1.01', 'inf', 'nan')),
]
WORKERS = [('--workers', v, f'from 1 to {MOST_WORKERS}') for v in ('0', '-1', '1000000', '1.0')]
LEAST = [('--least', v, 'allowed: a number from 0 to 1') for v in ('-0.1', '1.1', 'nan', 'inf')]


@pytest.mark.parametrize(
    ('command', 'option', 'value', 'allowed'),
    [
        *((simulate, *row) for row in BOTH + WORKERS),
        *((check_instruction, *row) for row in BOTH + LEAST),
    ],
)
def test_a_number_out_of_bounds_is_one_sentence(command, option, value, allowed, capsys, tmp_path):
    with pytest.raises(SystemExit) as end:
        command.main([f'{option}={value}', '--runs', str(tmp_path)])
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith(f'error: argument {option}: found {value}; ')
    assert allowed in error
    assert error.count('\n') == 1
    assert not list(tmp_path.iterdir())
