"""Fuzz the joint limiter, and drive other rules at a limit beside it.

    python tests/fuzz_limits.py --cycles 10000000

Exit status 0 when no cycle left a limit, 1 otherwise.
"""

import argparse
import math
import sys

import numpy as np
from tqdm import tqdm
from vla_action_filter.joint_limiter import braking_speed, JointLimiter
from vla_contract.contract import Joint

HOSTILE = (1e300, -1e300, 1e308, -1e308, 1e12, 0.0, -0.0, 5e-324)


def make_joint(lower: float, upper: float, velocity: float, acceleration: float) -> Joint:
    """Return a joint with the given limits."""
    return Joint(
        name='j', type='revolute', lower=lower, upper=upper, velocity=velocity,
        acceleration=acceleration, jerk=1e9, effort=1.0, home=(lower + upper) / 2, model_joint='j',
    )  # fmt: skip


def fuzz(cycles: int, seed: int, run: int = 2000) -> dict[str, float]:
    """Return the worst relative excess of position, velocity and acceleration.

    Every `run` cycles the limits, the period and the start change; targets jump, drift, repeat and
    overflow; the speed scale changes at any moment.
    """
    rng = np.random.default_rng(seed)
    worst = {'position': 0.0, 'velocity': 0.0, 'acceleration': 0.0}
    for _ in tqdm(range(cycles // run), unit='kcycle', unit_scale=run / 1000):
        lower, width = rng.uniform(-3, 1), 10 ** rng.uniform(-2, 1)
        velocity, acceleration = 10 ** rng.uniform(-1, 1), 10 ** rng.uniform(-0.5, 2)
        dt = 10 ** rng.uniform(-3, -1)
        joint = make_joint(lower, lower + width, velocity, acceleration)
        limiter = JointLimiter(joint, dt, 1, 1)
        limiter.reset(rng.uniform(lower, lower + width))
        targets = rng.uniform(lower - width, lower + 2 * width, run).tolist()
        paces = (rng.normal(size=run) * velocity).tolist()
        scales = rng.choice([0.0, 0.1, 0.5, 1.0, 1.0], run).tolist()
        for k in rng.integers(0, run, run // 20):
            targets[k] = HOSTILE[k % len(HOSTILE)]
            paces[(k * 7) % run] = HOSTILE[(k // 8) % len(HOSTILE)]
        speed, held = 0.0, 0.0
        for k in range(run):
            held = targets[k] if k % 7 == 0 else held
            step = limiter.step(held if k % 3 else targets[k], paces[k], scales[k // 50 * 50])
            outside = max(lower - step.position, step.position - joint.upper, 0.0)
            worst['position'] = max(worst['position'], outside / width)
            worst['velocity'] = max(worst['velocity'], abs(step.velocity) / velocity - 1)
            change = abs(step.velocity - speed) / (acceleration * dt) - 1
            worst['acceleration'] = max(worst['acceleration'], change)
            if not math.isfinite(step.position):
                return dict.fromkeys(worst, math.inf)
            speed = step.velocity
    return worst


def compare_rules(dt: float = 0.01) -> list[str]:
    """Drive one joint at its upper limit under four rules; lower is better in every column."""
    lines = ['rule                                deceleration/A   overshoot [mrad]']
    for name in ('velocity and position clamp', 'sqrt(2 A d)', 'sqrt(2 A d) and clamp', 'exact'):
        worst_a = worst_over = 0.0
        for acceleration in (5.0, 10.0, 20.0):
            for velocity in (1.0, 2.0, 2.6):
                for start in np.linspace(0.0, 0.3, 40):
                    a, over = _drive(name, acceleration, velocity, float(start), dt)
                    worst_a, worst_over = max(worst_a, a / acceleration), max(worst_over, over)
        lines.append(f'{name:<34}{worst_a:12.2f}{1000 * worst_over:18.2f}')
    return lines


def _drive(rule: str, a: float, v_max: float, q: float, dt: float) -> tuple[float, float]:
    limit, v, worst, over = 1.5, 0.0, 0.0, 0.0
    for _ in range(400):
        left = limit - q
        wish = min(v + a * dt, v_max)
        if rule.startswith('sqrt'):
            wish = min(wish, math.sqrt(2 * a * max(left, 0.0)))
        if rule == 'exact':
            wish = min(wish, braking_speed(left, a, dt))
        if 'clamp' in rule:
            wish = min(wish, left / dt)
        worst, over = max(worst, (v - wish) / dt), max(over, q + wish * dt - limit)
        v, q = wish, q + wish * dt
    return worst, over


def main() -> int:
    """Run the comparison and the fuzz."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--cycles', type=int, default=1_000_000)
    parser.add_argument('--seed', type=int, default=0)
    args = parser.parse_args()
    print('\n'.join(compare_rules()))
    worst = fuzz(args.cycles, args.seed)
    print(f'worst relative excess over {args.cycles} cycles:', worst)
    allowed = {'position': 0.0, 'velocity': 1e-12, 'acceleration': 1e-9}
    return 0 if all(worst[name] <= allowed[name] for name in worst) else 1


if __name__ == '__main__':
    sys.exit(main())
