"""Let the arm move for a minute at each corner of the ranges, and watch its energy.

python studies/energy.py --randomization wide --random 40
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
import json
from pathlib import Path
import sys

import mujoco
import numpy as np
from tqdm import tqdm
from vla_contract.deployment.deployment import load_deployment
from vla_contract.values import to_ns
from vla_sim_bridge.randomization.randomization import load_randomization, RandomizationConfig
from vla_sim_bridge.randomization.term import TermConfig
from vla_sim_bridge.randomization.terms.physics import PHYSICS_TERMS
from vla_sim_bridge.randomization.terms.signal import SIGNAL_TERMS
from vla_sim_bridge.scene.world import World

LIFT = load_deployment('panda_lift_cube')
# The nominal arm has up to 1.0 J while it swings so.
LARGEST_J = 5.0
_TICK_NS = to_ns(0.01)
# Swings of half a radian from end to end, at rates of which none is a multiple of another.
_SWING_RAD, _RATES_HZ = 0.25, (0.31, 0.23, 0.37, 0.29, 0.47, 0.41, 0.53)
Corner = dict[str, float]


def moving_terms(config: RandomizationConfig) -> dict[str, TermConfig]:
    """Return the terms of a configuration that change how things move."""
    names = {term.name for term in (*PHYSICS_TERMS, *SIGNAL_TERMS)}
    return {name: term for name, term in config.terms.items() if name in names}


def corners(terms: dict[str, TermConfig], count: int) -> Iterator[tuple[str, Corner]]:
    """Yield corners: all low, all high, one high or low among neutral ones, and some at random."""
    for end, name in enumerate(('low', 'high')):
        yield f'all {name}', {key: term.range[end] for key, term in terms.items()}
        for key, term in terms.items():
            yield f'{key} {name}', {key: term.range[end]}
    rng = np.random.default_rng(0)
    for number in range(count):
        yield f'random {number}', {key: term.range[rng.integers(2)] for key, term in terms.items()}


@dataclass(frozen=True)
class Energy:
    """Largest kinetic energy of arm and object while swinging, and while at rest after it [J]."""

    first_half: float
    second_half: float
    at_rest: float

    def is_bounded(self, corner: Corner) -> bool:
        """Whether it never was large, did not grow, and went away."""
        # Noise of actions moves an arm at rest for ever.
        allowed_at_rest = 0.3 if corner.get('action_noise') else 1e-3
        return (
            max(self.first_half, self.second_half) < LARGEST_J
            and self.second_half < 1.5 * self.first_half
            and self.at_rest < allowed_at_rest
        )


def measure(corner: Corner, seconds: float) -> Energy:
    """Swing all joints with these values, then hold still for three seconds."""
    terms = {name: TermConfig((value, value)) for name, value in corner.items()}
    world = World(LIFT, RandomizationConfig(terms=terms))
    world.reset(0)
    home, arm, ticks = world.command, list(world.cell.arm), round(seconds / 0.01)
    energy = []
    for tick in range(1, ticks + 1):
        target = home.copy()
        phase = 2.0 * np.pi * np.array(_RATES_HZ) * tick * 0.01
        target[arm] += _SWING_RAD * np.sin(phase) * min(1.0, tick / 100)
        world.step(target, _TICK_NS)
        energy.append(_kinetic(world))
    world.step(home, to_ns(1.0))
    world.step(home, to_ns(1.0))
    at_rest = []
    for _ in range(100):
        world.step(home, _TICK_NS)
        at_rest.append(_kinetic(world))
    half = ticks // 2
    return Energy(max(energy[:half]), max(energy[half:]), max(at_rest))


def _kinetic(world: World) -> float:
    mujoco.mj_energyVel(world.model, world.data)
    return float(world.data.energy[1])


def main() -> int:
    """Measure every corner; print the worst, status 1 when one is not bounded."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--randomization', default='wide')
    parser.add_argument('--seconds', type=float, default=60.0)
    parser.add_argument('--random', type=int, default=40, help='random corners')
    parser.add_argument('--json', type=Path)
    args = parser.parse_args()
    terms = moving_terms(load_randomization(args.randomization))
    cases = list(corners(terms, args.random))
    found, unbounded = {}, []
    for name, corner in tqdm(cases, unit='corner'):
        found[name] = measure(corner, args.seconds)
        if not found[name].is_bounded(corner):
            unbounded.append(name)
    for part in ('first_half', 'second_half', 'at_rest'):
        worst = max(found, key=lambda name: getattr(found[name], part))
        print(f'{part:<12}{getattr(found[worst], part):.3g} J in corner {worst}')
    print(f'{len(found) - len(unbounded)} of {len(found)} corners bounded {unbounded or ""}')
    if args.json:
        args.json.write_text(json.dumps({name: vars(energy) for name, energy in found.items()}))
    return 1 if unbounded else 0


if __name__ == '__main__':
    sys.exit(main())
