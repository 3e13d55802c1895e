"""The short form of studies/energy.py: the extreme corners, ten seconds each."""

import pytest
from studies.energy import corners, Energy, measure, moving_terms
from vla_sim_bridge.randomization.randomization import load_randomization

CORNERS = dict(corners(moving_terms(load_randomization('wide')), 2))


@pytest.mark.parametrize('name', ['all low', 'all high', 'random 0', 'random 1'])
def test_energy_stays_bounded_at_corners_of_the_ranges(name):
    energy = measure(CORNERS[name], 10.0)
    assert energy.is_bounded(CORNERS[name]), energy


@pytest.mark.parametrize('energy', [(1.0, 2.0, 0.0), (9.0, 9.0, 0.0), (1.0, 1.0, 0.01)])
def test_energy_that_grows_is_large_or_stays_is_told(energy):
    assert Energy(1.0, 1.0, 0.0).is_bounded({})
    assert not Energy(*energy).is_bounded({})
