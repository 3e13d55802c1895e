import argparse
import os

import pytest
from vla_contract.cli import number_types
from vla_contract.cli.number_types import real, whole


@pytest.mark.parametrize('text', ['1', '7', '+3', '007'])
def test_a_whole_number_within_bounds_is_taken(text):
    assert whole(1, 7)(text) == int(text)


@pytest.mark.parametrize(
    'text', ['0', '8', '-1', '1.0', '1e0', 'nan', 'inf', '', ' ', '²', '--5', '1_0', '9' * 5000]
)
def test_any_other_is_refused_with_what_is_allowed(text):
    with pytest.raises(argparse.ArgumentTypeError) as error:
        whole(1, 7)(text)
    assert str(error.value) == f'found {text}; allowed: a whole number from 1 to 7'


@pytest.mark.parametrize('text', ['0', '0.5', '1', '1e-3'])
def test_a_number_within_bounds_is_taken(text):
    assert real(0.0, 1.0)(text) == float(text)


@pytest.mark.parametrize('text', ['-0.1', '1.1', 'nan', 'inf', '-inf', '1e400', 'x', ''])
def test_a_number_out_of_bounds_or_not_finite_is_refused(text):
    with pytest.raises(argparse.ArgumentTypeError) as error:
        real(0.0, 1.0, 's')(text)
    assert str(error.value) == f'found {text}; allowed: a number from 0 to 1 s'


def test_there_is_always_room_for_two_processes_and_never_for_a_million():
    assert number_types.workers('2') == 2
    with pytest.raises(argparse.ArgumentTypeError, match=f'to {4 * os.cpu_count()}$'):
        number_types.workers('1000000')


def test_the_seeds_of_all_episodes_stay_below_32_bits():
    last = number_types.seed('4000000000') + number_types.MOST_EPISODES
    assert last < 2**32
