"""Fuzz the whole filter: random robots and settings, hostile inputs and takeovers at any moment.

    python tests/fuzz/filter.py --cycles 10000000
    python tests/fuzz/filter.py --cell so101_table     # the cell as it is, its workspace too

Exit status 0 when no cycle left a limit, 1 otherwise.
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
import math
import multiprocessing
import sys

import numpy as np
from tqdm import tqdm
from vla_action_filter.action_filter import ActionFilter
from vla_action_filter.config import FilterConfig
from vla_action_filter.limits.jerk_bounds import JerkBounds
from vla_action_filter.verdict import Output
from vla_contract.deployment.cell import Cell, load_cell, PlacedRobot
from vla_contract.deployment.robot import ARM, GRIPPER, Group, Joint
from vla_contract.joints.command_groups import command_groups
from vla_contract.recordings.events import TeleopEvent
from vla_contract.values import ActionChunk, JointSample, to_ns

HOSTILE = (math.nan, math.inf, -math.inf, 1e300, -1e300, 1e12, 0.0, -0.0, 5e-324)
RUN = 500
# What rounding adds to a difference of two positions.
_ROUNDING = 8.0 * np.finfo(float).eps


def random_cell(rng: np.random.Generator) -> Cell:
    """Return the Panda's cell, its robot with other joints, limits and rates."""
    joints, groups = [], []
    for k in range(int(rng.integers(1, 4))):
        lower, width = rng.uniform(-3, 1), 10 ** rng.uniform(-1.5, 1)
        is_gripper = k > 0 and rng.random() < 0.2
        groups.append(Group(f'group{k}', (f'j{k}',), GRIPPER if is_gripper else ARM))
        joints.append(
            Joint(
                name=f'j{k}', type='revolute', lower=lower,
                upper=lower + width, velocity=10 ** rng.uniform(-1, 1),
                acceleration=10 ** rng.uniform(-0.5, 2), jerk=10 ** rng.uniform(0.7, 4),
                effort=1.0, home=lower + width * rng.uniform(0, 1), model_joint=f'j{k}',
            )
        )  # fmt: skip
    cell = load_cell('panda_table')
    robot = replace(
        cell.robot,
        joints=tuple(joints),
        groups=tuple(groups),
        rates=replace(cell.rates, filter_hz=10 ** rng.uniform(1.3, 3)),
    )
    return replace(cell, robots=(PlacedRobot(robot),))


def random_settings(rng: np.random.Generator, cartesian: bool) -> FilterConfig:
    """Return settings of any kind, with or without a model of the robot's links."""
    return FilterConfig(
        cartesian=cartesian,
        seam=str(rng.choice(['replace', 'fade', 'ensemble'])),
        fade_s=rng.uniform(0, 1),
        smoother=str(rng.choice(['ema', 'none'])),
        alpha=rng.uniform(0.05, 1),
        velocity_fraction=rng.uniform(0.1, 1),
        acceleration_fraction=rng.uniform(0.1, 1),
        jerk_fraction=float(rng.choice([1.0, 1.0, 0.1])),
        reject_jump_s=float(rng.choice([0.5, 10.0])),
        rearm_ramp_s=rng.uniform(0, 1),
        tracking_error=10.0,
    )


class Victim:
    """One filter, its clock, and the last commands to take differences of."""

    def __init__(
        self, rng: np.random.Generator, cell: Cell | None = None, switch_rate: float = 0.02
    ) -> None:
        self.rng, self.switch_rate = rng, switch_rate
        self.cell = cell or random_cell(rng)
        settings = random_settings(rng, cartesian=cell is not None)
        self.core = ActionFilter(self.cell, settings)
        joints = self.cell.joints
        self.dim, self.arm = len(joints), np.array(self.cell.arm)
        self.lower = np.array([joint.lower for joint in joints])
        self.upper = np.array([joint.upper for joint in joints])
        arm = [joints[i] for i in self.cell.arm]
        self.limits = [
            np.array([j.velocity for j in arm]) * settings.velocity_fraction,
            np.array([j.acceleration for j in arm]) * settings.acceleration_fraction,
            np.array([j.jerk for j in arm]) * settings.jerk_fraction,
        ]
        # Without a jerk limit the jerk is 2 A / dt at most, which is below J then.
        self.has_jerk = isinstance(self.core.motion.limiter.bounds, JerkBounds)
        self.dt = 1.0 / self.cell.rates.filter_hz
        self.now_ns = to_ns(100.0)
        self.measured = self.cell.home
        self.sent: list[np.ndarray] = []
        self.switches = 0

    def chunk(self) -> None:
        rng = self.rng
        width = self.dim if rng.random() < 0.95 else int(rng.integers(1, 6))
        span = self.upper.max() - self.lower.min()
        points = self.measured.mean() + rng.normal(0, span, (int(rng.integers(1, 12)), width))
        if rng.random() < 0.6 and width == self.dim:
            points = self.measured + np.cumsum(rng.normal(0, 0.05 * span, points.shape), axis=0)
        if rng.random() < 0.15:
            points[rng.integers(len(points)), rng.integers(width)] = rng.choice(HOSTILE)
        age_s = rng.choice([0.0, 0.05, 0.3, 5.0, -0.5, -5.0], p=[0.4, 0.3, 0.2, 0.03, 0.04, 0.03])
        period_ns = int(rng.choice([1, to_ns(0.02), to_ns(0.1), to_ns(1.0)]))
        chunk = ActionChunk(self.now_ns - to_ns(age_s), period_ns, points)
        self.core.offer_chunk(chunk, self.now_ns)

    def hand(self) -> None:
        """Ask for what a human might: near, far, wild, of some joints, old or new."""
        rng = self.rng
        named = rng.random(self.dim) < 0.5 if rng.random() < 0.2 else np.ones(self.dim, bool)
        step = rng.choice([0.0, 0.005, 0.05, 1.0], p=[0.2, 0.4, 0.3, 0.1])
        points = self.measured[named] + np.cumsum(
            rng.normal(0, step, (int(rng.integers(1, 4)), int(named.sum()))), axis=0
        )
        if points.size and rng.random() < 0.05:
            points[-1, -1] = rng.choice(HOSTILE)
        age_ns = to_ns(rng.choice([0.0, 0.02, 0.2, 0.5]))
        chunk = ActionChunk(self.now_ns - age_ns, to_ns(0.02), points)
        self.core.offer_teleop(TeleopEvent(chunk, named), self.now_ns)

    def switch(self) -> None:
        """Take over, or hand back, all joints or a group."""
        groups = [group.name for group in command_groups(self.cell.robot)]
        named = () if self.rng.random() < 0.5 else (str(self.rng.choice(groups)),)
        self.core.give(bool(self.rng.random() < 0.5), named, self.now_ns)
        self.switches += 1

    def disturb(self) -> None:
        rng, core = self.rng, self.core
        kind = rng.integers(8)
        if kind == 0:
            core.set_speed_scale(float(rng.choice([0.0, 0.1, 0.5, 1.0, math.nan, -1.0, 2.0])))
        elif kind == 1:
            core.set_e_stop(bool(rng.random() < 0.3))
        elif kind == 2:
            core.set_conflict('two publishers' if rng.random() < 0.3 else '')
        elif kind == 3:
            self.now_ns += to_ns(float(rng.choice([-1.0, 0.3, 3.0])))
        elif kind == 4:
            wild = np.full(self.dim, rng.choice(HOSTILE))
            core.offer_joints(JointSample(self.now_ns, wild, wild, wild))
        elif kind == 5:
            core.offer_joints(JointSample(self.now_ns, *np.zeros((2, self.dim + 1))))
        elif kind == 6:
            position = self.measured + rng.normal(0, 0.2, self.dim)
            core.offer_action(position, int(rng.choice([0, 1, to_ns(0.1)])), self.now_ns)
        else:
            core.set_speed_scale(1.0)
            core.set_conflict('')
            core.set_e_stop(False)
            core.reset(self.now_ns)

    def cycle(self) -> dict[str, float]:
        """Run one cycle; return the relative excess of each limit."""
        rng = self.rng
        if rng.random() < 0.04:
            self.chunk()
        if rng.random() < 0.03:
            self.disturb()
        if rng.random() < 0.1:
            self.hand()
        if rng.random() < self.switch_rate:
            self.switch()
        self.now_ns += self.core.period_ns
        if rng.random() < 0.9:
            sample = JointSample(self.now_ns, self.measured, np.zeros(self.dim))
            self.core.offer_joints(sample)
        result = self.core.step(self.now_ns)
        # What is silent is no command: it goes along with where the arm is measured.
        if result.command is None or result.output is Output.SILENT:
            self.sent.clear()
            return {}
        if not self.sent or result.reason == 'arming':
            self.sent = [result.command] * 4
        self.measured = result.command
        self.sent = [*self.sent[-3:], result.command]
        return self.excess()

    def excess(self) -> dict[str, float]:
        """Compare differences of the sent positions with the limits."""
        command = self.sent[-1]
        if not np.isfinite(command).all():
            return {'position': math.inf}
        outside = np.maximum(self.lower - command, command - self.upper).max()
        worst = {'position': max(0.0, float(outside))}
        positions = np.array(self.sent)[:, self.arm]
        size = np.abs(positions).max()
        for order, name in enumerate(('velocity', 'acceleration', 'jerk'), start=1):
            if name == 'jerk' and not self.has_jerk:
                continue
            found = np.abs(np.diff(positions, order, axis=0)[-1]) / self.dt**order
            noise = 2.0**order * _ROUNDING * size / self.dt**order
            worst[name] = float(((found - noise) / self.limits[order - 1]).max()) - 1.0
        return worst


def fuzz(
    cycles: int, seed: int, progress: bool = False, cell: str = '', switch_rate: float = 0.02
) -> tuple[dict[str, float], dict[str, int]]:
    """Return the worst relative excess of every limit, and how often each verdict came."""
    rng = np.random.default_rng(seed)
    given = load_cell(cell) if cell else None
    worst = {'position': 0.0, 'velocity': -1.0, 'acceleration': -1.0, 'jerk': -1.0}
    verdicts: dict[str, int] = {}
    for _ in tqdm(range(cycles // RUN), unit_scale=RUN, unit='cycle', disable=not progress):
        victim = Victim(rng, given, switch_rate)
        for _ in range(RUN):
            for name, value in victim.cycle().items():
                worst[name] = max(worst[name], value)
        for name, count in victim.core.counters.items():
            if name.endswith('_cycles'):
                verdicts[name] = verdicts.get(name, 0) + count
        verdicts['switches'] = verdicts.get('switches', 0) + victim.switches
    return worst, verdicts


def main() -> int:
    """Run the fuzz on as many processes as asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--cycles', type=int, default=200_000)
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--workers', type=int, default=2)
    parser.add_argument('--cell', default='', help='name or path; else random robots')
    parser.add_argument(
        '--switch-rate', type=float, default=0.02, help='takeovers and hand-backs per cycle'
    )
    args = parser.parse_args()
    share = args.cycles // args.workers
    with ProcessPoolExecutor(args.workers, multiprocessing.get_context('spawn')) as pool:
        jobs = [
            pool.submit(fuzz, share, args.seed + k, k == 0, args.cell, args.switch_rate)
            for k in range(args.workers)
        ]
        results = [job.result() for job in jobs]
    worst = {name: max(result[0][name] for result in results) for name in results[0][0]}
    print(f'worst relative excess over {share * args.workers} cycles:', worst)
    for verdicts in (result[1] for result in results):
        print('verdicts:', dict(sorted(verdicts.items())))
    # klimits states 1e-6 or better for velocity; the exact bound has none, jerk its own tolerance.
    allowed = {'position': 0.0, 'velocity': 1e-9, 'acceleration': 1e-9, 'jerk': 1e-6}
    return 0 if all(worst[name] <= allowed[name] for name in worst) else 1


if __name__ == '__main__':
    sys.exit(main())
