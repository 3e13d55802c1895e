"""Nothing of an episode is left in the next one, a replayed one included."""

import json

from every_term import every_term
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from vla_contract.deployment.deployment import load_deployment
from vla_sim_bridge.randomization.randomization import NOTHING, RandomizationConfig, TERMS
from vla_sim_bridge.scene.world import World

DEPLOYMENT = load_deployment('panda_lift_cube')


def arrays(world: World) -> dict[str, np.ndarray]:
    """Return every array of the model, its options and statistics, and the state."""
    found = {}
    for owner, struct in (
        ('model', world.model),
        ('opt', world.model.opt),
        ('stat', world.model.stat),
    ):
        for name in dir(struct):
            value = None if name.startswith('_') else getattr(struct, name)
            if isinstance(value, np.ndarray | int | float):
                found[f'{owner}.{name}'] = np.copy(value)
    world.step(world.cell.home + 0.05, 200_000_000)
    return found | {'qpos': world.data.qpos.copy(), 'qvel': world.data.qvel.copy()}


def differing(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> list[str]:
    return [name for name in one if not np.array_equal(one[name], other[name])]


def only(*names: str) -> RandomizationConfig:
    return RandomizationConfig(terms={name: every_term()[name] for name in names})


@pytest.fixture(scope='module')
def manifests() -> list[dict]:
    """Return episodes in which everything differs."""
    world = World(DEPLOYMENT, only(*TERMS))
    return [json.loads(json.dumps(world.reset(seed))) for seed in (31, 32)]


@pytest.fixture(scope='module')
def used() -> World:
    """Return a world with everything compiled in, in which many episodes have been."""
    return World(DEPLOYMENT, only(*TERMS))


@given(st.sets(st.sampled_from(sorted(TERMS))), st.lists(st.integers(0, 999), max_size=4))
@settings(deadline=None, max_examples=30)
def test_a_seed_is_the_same_whatever_came_before(used, manifests, names, seeds):
    fresh = World(DEPLOYMENT, only(*TERMS))
    fresh._randomizer.config = only(*names)
    fresh.reset(7)
    expected = arrays(fresh)
    for seed in seeds:
        used._randomizer.config = only(*TERMS)
        used.reset(seed)
        used.step(used.cell.home, 50_000_000)
    used.reset(0, manifests[len(seeds) % 2])
    used._randomizer.config = only(*names)
    used.reset(7)
    assert not differing(arrays(used), expected)


def test_a_nominal_world_is_nominal_after_a_replay():
    """The terms that need nothing compiled in, of a world that was compiled without any."""
    physics = ('object_mass', 'object_size', 'joint_armature', 'actuator_strength', 'gravity')
    manifest = World(DEPLOYMENT, only(*physics)).reset(3)
    nominal = World(DEPLOYMENT, NOTHING)
    nominal.reset(4)
    expected = arrays(nominal)
    nominal.reset(0, manifest)
    assert differing(arrays(nominal), expected)
    nominal.reset(4)
    assert not differing(arrays(nominal), expected)
