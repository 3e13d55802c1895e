"""The domains of a sweep, each with a name that a command line can say.

`tutorial` is a configuration, `tutorial:object_mass` that one term of it in the nominal scene,
and `tutorial:each` stands for all of its terms, one at a time.
"""

from collections.abc import Iterable
from dataclasses import replace

from vla_contract.errors import UnknownNameError, VlaError
from vla_sim_bridge.randomization.randomization import (
    load_randomization,
    RandomizationConfig,
    term_of,
)

EACH = 'each'


def load_domain(name: str) -> RandomizationConfig:
    """Load a configuration, or one term of it with what belongs to that term.

    Raises:
        ContractError: the configuration is invalid, or has no such term.
        ResourceNotFoundError: there is no such configuration.
    """
    base, _, term = name.partition(':')
    config = load_randomization(base)
    if not term:
        return config
    factors = factors_of(config)
    if term not in factors:
        raise UnknownNameError('term', term, f'randomization {base}', [*factors, EACH])
    terms = {
        name: settings
        for name, settings in config.terms.items()
        if name == term or term in term_of(name).needs
    }
    return replace(config, name=name, terms=terms)


def factors_of(config: RandomizationConfig) -> list[str]:
    """Return the terms that change something on their own."""
    return [name for name in config.terms if not term_of(name).needs]


def expand(names: Iterable[str]) -> list[str]:
    """Replace every `config:each` by its terms, and check that all domains exist, each once.

    Raises:
        ContractError, ResourceNotFoundError: as `load_domain`.
        VlaError: a domain is named twice.
    """
    domains: list[str] = []
    for name in names:
        base, _, term = name.partition(':')
        if term == EACH:
            domains += [f'{base}:{factor}' for factor in factors_of(load_randomization(base))]
        else:
            load_domain(name)
            domains.append(name)
    for name in domains:
        if domains.count(name) > 1:
            raise VlaError(f'--sweep: found {name} twice; allowed: every domain once')
    return domains
