import pytest
from vla_contract.errors import UnknownNameError
from vla_rollout.simulation.domains import expand, factors_of, load_domain
from vla_sim_bridge.randomization.randomization import load_randomization


def test_a_configuration_is_a_domain():
    assert load_domain('tutorial') == load_randomization('tutorial')


def test_one_term_comes_with_what_belongs_to_it_alone():
    domain = load_domain('tutorial:distractor_count')
    assert domain.name == 'tutorial:distractor_count'
    assert set(domain.terms) == {
        'distractor_count',
        'distractor_size',
        'distractor_place',
        'distractor_colour',
    }
    assert domain.terms['distractor_count'].range == (0, 3)
    assert set(load_domain('tutorial:gravity').terms) == {'gravity'}


def test_each_stands_for_every_term_once():
    config = load_randomization('tutorial')
    names = expand(['none', 'tutorial:each'])
    assert names[0] == 'none'
    assert len(names) == len(set(names)) == 1 + len(factors_of(config))
    together = {term for name in names[1:] for term in load_domain(name).terms}
    assert together == set(config.terms)


@pytest.mark.parametrize('name', ['tutorial:tea', 'tutorial:noise_seed', 'tea', 'tea:gravity'])
def test_an_unknown_domain_is_refused_before_anything_runs(name):
    with pytest.raises(UnknownNameError, match='it has: '):
        expand([name])


def test_a_term_that_addresses_some_objects_is_a_domain_of_its_own(tmp_path):
    path = tmp_path / 'own.yaml'
    path.write_text(
        'terms:\n  object_mass: {range: [0.9, 1.1]}\n'
        '  object_mass@object:target: {range: [0.5, 2.0]}\n'
    )
    one = load_domain(f'{path}:object_mass@object:target')
    assert list(one.terms) == ['object_mass@object:target']
    assert expand([f'{path}:each'])[1] == f'{path}:object_mass@object:target'
