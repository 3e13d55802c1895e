"""The filter beside the rules that others use: what limits cost, and what they keep.

    python benchmarks/filter.py

Ratios and counts matter; times are of a shared machine.
"""

import argparse
from collections.abc import Callable
from dataclasses import replace
import math
import time

import numpy as np
import ruckig
from vla_action_filter.action_filter import ActionFilter
from vla_action_filter.config import FilterConfig
from vla_action_filter.limits.braking import braking_speed
from vla_action_filter.limits.cartesian_limiter import CartesianLimiter
from vla_action_filter.limits.jerk_bounds import JerkBounds
from vla_action_filter.limits.motion_limiter import MotionLimiter
from vla_contract.deployment.cell import load_cell
from vla_contract.kinematics.workspace_kinematics import WorkspaceKinematics
from vla_contract.values import ActionChunk, JointSample, to_ns

CELL = load_cell('panda_table')
ARM = [CELL.joints[i] for i in CELL.arm]


def cycle_times_us(config: FilterConfig, spread: float) -> tuple[np.ndarray, ActionFilter]:
    """Return the time of each of 15 000 cycles, in motion; a new chunk every 80."""
    core = ActionFilter(CELL, config)
    rng = np.random.default_rng(0)
    now_ns, position, times = to_ns(10.0), CELL.home, []
    for k in range(15_000):
        if k % 80 == 0:
            ends = rng.normal(0.0, spread, (3, 8))
            steps = np.linspace(0.0, 1.0, 16)[:, None]
            desired = CELL.home + ends[0] + steps * ends[1] + np.sin(6.0 * steps) * ends[2]
            core.offer_chunk(ActionChunk(now_ns, to_ns(0.1), desired), now_ns)
        core.offer_joints(JointSample(now_ns, position, np.zeros(8)))
        started = time.perf_counter_ns()
        command = core.step(now_ns).command
        times.append((time.perf_counter_ns() - started) / 1000)
        position = position if command is None else command
        now_ns += core.period_ns
    return np.array(times), core


def speed() -> None:
    """Print the time of a cycle, joints alone and everything."""
    rows = (
        ('joints alone', FilterConfig(cartesian=False, reject_jump_s=10.0), 0.2),
        ('joints, with jerk', FilterConfig(cartesian=False, jerk_fraction=0.02), 0.2),
        ('everything', FilterConfig(reject_jump_s=10.0), 0.1),
        ('everything, at the walls', FilterConfig(reject_jump_s=10.0), 0.4),
    )
    print('cycle of the filter, 7 joints and gripper       p50 [us]   p99 [us]   cycles with QP')
    p50, p99 = np.percentile(_bound_times_us(), [50, 99])
    print(f'  {"joint limits alone, without chunk and watchdogs":<44}{p50:10.0f}{p99:11.0f}')
    for name, config, spread in rows:
        solved = 0
        original = CartesianLimiter.limit

        def counted(self, *args, original=original):
            nonlocal solved
            speeds = original(self, *args)
            solved += any(not text.startswith('speed') for text in self.limited)
            return speeds

        CartesianLimiter.limit = counted
        times, core = cycle_times_us(config, spread)
        CartesianLimiter.limit = original
        p50, p99 = np.percentile(times, [50, 99])
        share = 100.0 * solved / core.counters['cycles']
        print(f'  {name:<44}{p50:10.0f}{p99:11.0f}{share:15.1f} %')


def _bound_times_us() -> np.ndarray:
    """Return the time of each of 15 000 steps of the joint limits, at full speed."""
    limiter = MotionLimiter(CELL, FilterConfig(cartesian=False))
    limiter.reset(CELL.home[:7])
    rng, still, target, times = np.random.default_rng(0), np.zeros(7), CELL.home[:7], []
    for k in range(15_000):
        if k % 50 == 0:
            target = np.array([rng.uniform(joint.lower, joint.upper) for joint in ARM])
        started = time.perf_counter_ns()
        limiter.step(target, still, 1.0)
        times.append((time.perf_counter_ns() - started) / 1000)
    return np.array(times)


def jerk() -> None:
    """Compare the two ways to a jerk limit, for seven joints."""
    joints = [replace(joint, jerk=joint.jerk * 0.02) for joint in ARM]
    bounds = JerkBounds(joints, 0.01)
    rng = np.random.default_rng(0)
    targets = rng.uniform([j.lower for j in ARM], [j.upper for j in ARM], (400, 7))
    times = []
    for k in range(4000):
        desired = (targets[k // 10] - np.array(bounds.position)).tolist()
        started = time.perf_counter_ns()
        low, high = bounds.interval(1.0)
        chosen = bounds.approach(desired)
        bounds.apply([min(max(v, a), b) for v, a, b in zip(chosen, low, high, strict=True)])
        times.append((time.perf_counter_ns() - started) / 1000)
    print(
        'jerk limit of 7 joints                          p50 [us]   p99 [us]   gives an interval'
    )
    print(f'  {"klimits":<44}{np.median(times):10.0f}{np.percentile(times, 99):11.0f}{"yes":>18}')
    times = _ruckig_us(joints, targets)
    name = 'Ruckig with a verified stop'
    print(f'  {name:<44}{np.median(times):10.0f}{np.percentile(times, 99):11.0f}{"no":>18}')


def _ruckig_us(joints: list, targets: np.ndarray) -> np.ndarray:
    otg, state, out = ruckig.Ruckig(7, 0.01), ruckig.InputParameter(7), ruckig.OutputParameter(7)
    brake, stop, way = ruckig.Ruckig(7), ruckig.InputParameter(7), ruckig.Trajectory(7)
    for parameters in (state, stop):
        parameters.max_velocity = [j.velocity for j in joints]
        parameters.max_acceleration = [j.acceleration for j in joints]
        parameters.max_jerk = [j.jerk for j in joints]
        parameters.synchronization = ruckig.Synchronization.No
    stop.control_interface = ruckig.ControlInterface.Velocity
    state.current_position = CELL.home[:7].tolist()
    times = []
    for k in range(4000):
        started = time.perf_counter_ns()
        state.target_position = targets[k // 10].tolist()
        otg.update(state, out)
        stop.current_position = out.new_position
        stop.current_velocity = out.new_velocity
        stop.current_acceleration = out.new_acceleration
        brake.calculate(stop, way)
        all(
            j.lower <= extremum.min and extremum.max <= j.upper
            for j, extremum in zip(joints, way.position_extrema, strict=True)
        )
        out.pass_to_input(state)
        times.append((time.perf_counter_ns() - started) / 1000)
    return np.array(times)


Rule = Callable[[float, float, float, float, float], float]


def ros2_control(v: float, left: float, v_max: float, a: float, dt: float) -> float:
    """Position mode of JointSaturationLimiter: |v| + a dt either way, then the position clamp."""
    return min(v_max, abs(v) + a * dt, left / dt)


def moveit_servo(v: float, left: float, v_max: float, a: float, dt: float) -> float:
    """Full speed, and a halt where the next step passes the limit less 0.1 rad of margin."""
    return 0.0 if left - 0.1 < v_max * dt else v_max


def square_root(v: float, left: float, v_max: float, a: float, dt: float) -> float:
    """v = sqrt(2 a d), as pink's AccelerationLimit and Flacco et al. have it."""
    return min(v_max, v + a * dt, math.sqrt(2.0 * a * max(left, 0.0)))


def square_root_clamped(v: float, left: float, v_max: float, a: float, dt: float) -> float:
    """The same, and never beyond the limit."""
    return min(square_root(v, left, v_max, a, dt), left / dt)


def exact(v: float, left: float, v_max: float, a: float, dt: float) -> float:
    """Ours."""
    return min(v_max, v + a * dt, braking_speed(left, a, dt))


def rules(dt: float = 0.01) -> None:
    """Drive one joint at its limit under each rule, from many starts."""
    print('one joint driven at its limit, 10 ms     deceleration/A   overshoot [mrad]   conflicts')
    for rule in (ros2_control, moveit_servo, square_root, square_root_clamped, exact):
        needed, over, conflicts = 0.0, 0.0, 0
        for a in (5.0, 10.0, 20.0):
            for v_max in (1.0, 2.0, 2.6):
                for start in np.linspace(0.0, 0.3, 40).tolist():
                    q, v = start, 0.0
                    for _ in range(400):
                        chosen = rule(v, 1.5 - q, v_max, a, dt)
                        # The position row asks for more braking than the acceleration row allows.
                        conflicts += chosen < v - a * dt * (1 + 1e-9)
                        needed = max(needed, (v - chosen) / dt / a)
                        v, q = chosen, q + chosen * dt
                        over = max(over, q - 1.5)
        print(f'  {rule.__name__:<39}{needed:12.2f}{1000 * over:17.2f}{conflicts:14d}')


def workspace(cycles: int = 15_000) -> None:
    """Chase targets beyond the walls at 100 Hz, with our rule and with a linear one."""
    print(f'{cycles} cycles of targets beyond the walls   worst wall [mm]   link [mm]   outside')
    for name, is_linear in (('braking-consistent (ours)', False), ('linear, gain 1', True)):
        limiter = MotionLimiter(CELL, FilterConfig())
        if is_linear:
            _make_linear(limiter.cartesian)
        limiter.reset(CELL.home[:7])
        watch, rng, target = Watch(), np.random.default_rng(0), CELL.home[:7]
        walls, links, outside = math.inf, math.inf, 0
        for k in range(cycles):
            if k % 60 == 0:
                target = np.array([rng.uniform(j.lower, j.upper) for j in ARM])
            limiter.step(target, np.zeros(7), 1.0)
            wall, link = watch.room(limiter.position)
            walls, links = min(walls, wall), min(links, link)
            outside += wall < 0.0 or link < 0.0
        print(f'  {name:<40}{1000 * walls:8.2f}{1000 * links:12.2f}{outside:10d}')


def _make_linear(cartesian: CartesianLimiter) -> None:
    """Let a point take all of its room in one cycle, as discrete barriers with gain 1 do."""
    cartesian._room = lambda left: max(left, 0.0) / 0.01
    cartesian._little_room = lambda left: np.maximum(left, 0.0) / 0.01


class Watch:
    """Measures positions with kinematics of its own."""

    def __init__(self) -> None:
        self._kinematics = WorkspaceKinematics(CELL)
        self._box = CELL.workspace.boxes[0]
        points = CELL.geometry.control_points
        self._radius = np.array([point.radius for point in points])
        self._tool = [point.name for point in points].index('tool')

    def room(self, arm: list[float]) -> tuple[float, float]:
        """Return the distance to the nearest wall, margin not taken off, and between links [m]."""
        points = self._kinematics.positions(np.array(arm))
        tool = points[self._tool]
        table = float((points[:, 2] - self._radius).min())
        wall = min(table, (tool - self._box.lower).min(), (self._box.upper - tool).min())
        self._kinematics.update(arm)
        return float(wall), min(self._kinematics.distances())


def main() -> None:
    """Print every table."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    speed()
    jerk()
    rules()
    workspace()


if __name__ == '__main__':
    main()
