"""Every number that record-sim takes is bounded; a wrong one is one sentence, at once."""

import pytest
from vla_sim_bridge.demonstrations.make_dataset import main

TABLE = [
    *(('--episodes', v, 'a whole number from 1 to 100000') for v in ('0', '-1', '1000000000')),
    *(('--first-seed', v, 'a whole number from 0 to 4000000000') for v in ('-1', '1.5', '1e9')),
    *(('--workers', v, 'a whole number from 1 to ') for v in ('0', '1000000')),
    *(('--noise-rad', v, 'a number from 0 to 0.5 rad') for v in ('-1', '1', 'nan', 'inf')),
    *(('--missed-share', v, 'a number from 0 to 1') for v in ('-0.1', '1.1', 'nan')),
    *(('--margin-m', v, 'a number from 0 to 0.5 m') for v in ('-0.01', '1', 'nan', '-inf')),
]


@pytest.mark.parametrize(('option', 'value', 'allowed'), TABLE)
def test_a_number_out_of_bounds_is_one_sentence(option, value, allowed, capsys, tmp_path):
    with pytest.raises(SystemExit) as end:
        main([f'{option}={value}', '--output', str(tmp_path / 'set')])
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith(f'error: argument {option}: found {value}; allowed: {allowed}')
    assert error.count('\n') == 1
    assert not list(tmp_path.iterdir())
