"""How much of what a policy asks for is made: chunk lengths, fades, latencies, modes; one table.

Session and filter of the product and an arm that follows its command, in simulated time. Three
policies: one that goes on from where it sees the arm, at 0.1 rad/s, its first point one period
ahead as most data sets have it; a ramp of 0.1 rad/s and a sine of 0.4 rad by the clock, point k
being what the clock says at its due time.

    python studies/schedule_table.py

`wanted` is that speed where chunks last until the next answer, and else what a loop makes that
sends every step at once and looks again when the last one is sent. A cell misses when less than
95 % of the former or 90 % of the latter is made, when a chunk lasts and the ramp is off by 5 % or
the sine's amplitude by 2 %, or when the arm goes backwards.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product
import math

import numpy as np
from vla_action_filter.action_filter import ActionFilter
from vla_action_filter.config import FilterConfig
from vla_contract.cli.deployment_arguments import add_cell, deployment_of
from vla_contract.deployment.deployment import Deployment
from vla_contract.filter_status import Verdict
from vla_contract.values import ActionChunk, JointSample, NS_PER_S, Observation, to_ns, Vector
from vla_policy_server.serving.chunk_scheduler import Schedule
from vla_policy_server.serving.session import PolicySession

STEPS, FADES_S, LATENCIES_S, MODES = (
    (1, 2, 3, 16),
    (0.0, 0.3, 0.6, 1.0, 2.0),
    (0.05, 0.24, 0.7),
    ('async', 'sync'),
)
ASKED_RAD_S, SWING_RAD, SWING_HZ = 0.1, 0.4, 0.25
_START_NS = to_ns(1000.0)
_SETTLED_S = 4.0


@dataclass(frozen=True)
class Case:
    """One cell of the table; `steps` is the length of a chunk, `fps` its rate [Hz]."""

    steps: int
    latency_s: float
    mode: str = 'async'
    fade_s: float = 0.3
    seam: str = 'fade'
    fps: float = 10.0
    camera_hz: float = 30.0
    lag_s: float = 0.0
    seconds: float = 12.0

    @property
    def covers(self) -> bool:
        """Whether a chunk still moves when the answer to its first moment comes."""
        return (
            self.mode != 'sync' and (self.steps - 1) / self.fps >= self.latency_s + 0.25 / self.fps
        )

    @property
    def executed(self) -> int:
        """Steps after which the next inference starts, four as by default."""
        return min(4, self.steps)

    @property
    def loop_rad_s(self) -> float:
        """Speed of a loop that plays every answer to its end before it looks again."""
        steps = self.executed if self.mode == 'sync' else self.steps
        period_s = max(steps / self.fps, self.latency_s + (steps - 1) / self.fps)
        return ASKED_RAD_S * steps / self.fps / period_s


class _Blind:
    """A policy that sees the cube only, so that a camera's rate decides when it looks."""

    needs_images, needs_extras = False, ('cube_pose',)

    def infer(self, observation: Observation) -> ActionChunk: ...

    def reset(self) -> None: ...


@dataclass(frozen=True)
class Run:
    """Position of the first joint from where it is settled, and the share of cycles not PASS."""

    times_s: Vector
    position: Vector
    not_passed: float

    @property
    def speed_rad_s(self) -> float:
        """Mean speed."""
        return float(np.polyfit(self.times_s, self.position, 1)[0])

    @property
    def slowest_rad_s(self) -> float:
        """Smallest speed; below zero it went backwards."""
        return float((np.diff(self.position) / np.diff(self.times_s)).min())

    @property
    def swing(self) -> tuple[float, float]:
        """Amplitude [rad] and delay [s] of the sine in the motion."""
        phase = 2 * math.pi * SWING_HZ * self.times_s
        columns = np.stack([np.sin(phase), np.cos(phase), np.ones_like(phase)], axis=1)
        a, b, _ = np.linalg.lstsq(columns, self.position, rcond=None)[0]
        return math.hypot(a, b), math.atan2(-b, a) / (2 * math.pi * SWING_HZ)


Ask = Callable[[float, float, Vector, float], Vector]
"""Positions of the first joint, shape (T,) [rad], of the time of the observation [s], the joint's
position then [rad], when the points are due after it, shape (T,) [s], and the period [s]."""


def goes_on(time_s: float, position: float, due_s: Vector, period_s: float) -> Vector:
    """Ask for a speed from where the arm is, the first point one period ahead."""
    return position + ASKED_RAD_S * (due_s + period_s)


def ramp(time_s: float, position: float, due_s: Vector, period_s: float) -> Vector:
    """Ask for where a ramp is at the time."""
    return ASKED_RAD_S * (time_s + due_s)


def sine(time_s: float, position: float, due_s: Vector, period_s: float) -> Vector:
    """Ask for where a sine is at the time."""
    return np.asarray(SWING_RAD * np.sin(2 * math.pi * SWING_HZ * (time_s + due_s)))


def run(deployment: Deployment, case: Case, ask: Ask) -> Run:
    """Let a policy move the first joint for a while."""
    deployment = replace(deployment, policy=replace(deployment.policy, rate_hz=case.fps))
    session = PolicySession(deployment, _Blind(), Schedule(case.mode, case.executed))
    config = FilterConfig(cartesian=False, seam=case.seam, fade_s=case.fade_s)
    action_filter = ActionFilter(deployment.cell, config)
    home = deployment.cell.home
    command, measured = home.copy(), home.copy()
    pending, next_frame_ns, rows = None, _START_NS, []
    session.restart(_START_NS)
    for k in range(int(case.seconds * 1000)):
        now_ns = _START_NS + to_ns(0.001) * k
        time_s = k / 1000
        is_cycle = k % 10 == 0
        if is_cycle:
            share = 1.0 if not case.lag_s else 1 - math.exp(-0.01 / case.lag_s)
            measured = measured + share * (command - measured)
            sample = JointSample(now_ns, measured, np.zeros(len(home)))
            session.buffer.add_joints(sample)
            action_filter.offer_joints(sample)
        if pending and now_ns >= pending[0]:
            chunk = session.finish(*pending[1:], now_ns)
            if chunk is not None:
                action_filter.offer_chunk(chunk, now_ns)
            pending = None
        if now_ns >= next_frame_ns:
            next_frame_ns += to_ns(1 / case.camera_hz)
            session.buffer.add_extra('cube_pose', now_ns, np.zeros(7))
            observation = session.begin(now_ns)
            if observation is not None:
                positions = np.tile(home, (case.steps, 1))
                due_s = np.arange(case.steps) / case.fps
                seen_s = (observation.stamp_ns - _START_NS) / NS_PER_S
                positions[:, 0] = ask(seen_s, observation.state[0], due_s, 1 / case.fps)
                answer = ActionChunk(observation.stamp_ns, to_ns(1 / case.fps), positions)
                pending = (now_ns + to_ns(case.latency_s), observation, answer)
        if is_cycle:
            result = action_filter.step(now_ns)
            command = command if result.command is None else result.command
            rows.append((time_s, command[0], result.verdict is not Verdict.PASS))
    times_s, position, off = (np.array(column) for column in zip(*rows, strict=True))
    settled = times_s >= _SETTLED_S
    return Run(times_s[settled], position[settled], float(off[settled].mean()))


def row(deployment: Deployment, cells: list[Case]) -> str:
    """Return one line of the table: the same case at every fade."""
    on, up, swung = (
        [run(deployment, case, ask) for case in cells] for ask in (goes_on, ramp, sine)
    )
    case = cells[0]
    wanted = ASKED_RAD_S if case.covers else case.loop_rad_s
    shares = [r.speed_rad_s / wanted for r in on]
    ramps = [r.speed_rad_s / ASKED_RAD_S for r in up]
    swings = [r.swing[0] / SWING_RAD for r in swung]
    slowest = min(r.slowest_rad_s for r in on + up)
    misses = [
        name
        for name, is_missed in (
            ('slow', min(shares) < (0.95 if case.covers else 0.9)),
            ('ramp', case.covers and not all(0.95 <= share <= 1.05 for share in ramps)),
            ('amplitude', case.covers and not all(0.98 <= swing <= 1.02 for swing in swings)),
            ('backwards', slowest < -0.001),
        )
        if is_missed
    ]
    return (
        f'{case.steps:5d} {case.latency_s * 1e3:7.0f} {case.mode:>6}  {wanted:6.4f}  '
        + ' '.join(f'{share:4.2f}' for share in shares)
        + f'  {min(ramps):4.2f}-{max(ramps):4.2f}  {min(swings):5.3f}-{max(swings):5.3f}'
        + f'  {max(r.swing[1] for r in swung) * 1e3:5.0f}  {slowest:+6.3f}'
        + f'  {100 * max(r.not_passed for r in on + up + swung):3.0f} %  {", ".join(misses)}'
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    add_cell(parser)
    parser.add_argument('--camera-hz', type=float, default=30.0)
    parser.add_argument('--lag-s', type=float, default=0.0, help='time constant of the arm')
    parser.add_argument('--fps', type=float, default=10.0, help='steps per second of a chunk')
    arguments = parser.parse_args()
    deployment = deployment_of(arguments)
    print(f'fades {", ".join(f"{fade_s:g}" for fade_s in FADES_S)} s; speeds as shares of wanted')
    print(
        'steps latency   mode  wanted  goes on from where it is  ramp       sine         delay  '
        'slowest  not     misses\n'
        '         [ms]        [rad/s]  at each fade              by clock   amplitude     [ms]  '
        '[rad/s]  passed'
    )
    for steps, latency_s, mode in product(STEPS, LATENCIES_S, MODES):
        case = Case(
            steps,
            latency_s,
            mode,
            fps=arguments.fps,
            camera_hz=arguments.camera_hz,
            lag_s=arguments.lag_s,
        )
        print(row(deployment, [replace(case, fade_s=fade_s) for fade_s in FADES_S]), flush=True)


if __name__ == '__main__':
    main()
