"""Run episodes in the simulator's graph for an hour, and see whether anything grows.

    python benchmarks/endurance/soak.py --minutes 60 --json runs/soak.json

Every ten seconds the memory, handles, threads and processor time of every process and the
latencies on /diagnostics are sampled. What counts is the slope after a warm-up, with its 95 %
interval (Theil-Sen, which a few disturbed samples do not move). Exit status 1 when one grows.

A machine that grows slower makes latencies grow too. So the same graph is then restarted a few
times, which changes no status but says where to look: if freshly started processes are just as
slow, age is not the cause.
"""

import argparse
from collections.abc import Iterator
from dataclasses import asdict
import math
import os
from pathlib import Path
import sys
import tempfile
import time

from diagnostic_msgs.msg import DiagnosticArray
from machine_speed import calculation_ms, stolen_s
import numpy as np
import rclpy
from rclpy.signals import SignalHandlerOptions
from std_srvs.srv import Trigger
from support.growth import Growth, Series
from support.process_usage import usage
from tqdm import tqdm
from vla_contract.cli.command import DONE, NOT_GOOD_ENOUGH, write_json
from vla_contract.deployment.cell import load_cell
from vla_contract.errors import VlaError
from vla_contract.ros.free_domain import enter_own_domain
from vla_contract.ros.qos import STATE
from vla_rollout.graph.ros.graph import RolloutGraph
from vla_rollout.graph.stack import Stack

SAMPLE_S = 10.0
EPISODE_S = 12.0
# What is measured, and the growth per hour up to which it counts as none. Work and latencies are
# compared with their own median; latencies follow the load of the machine, the others do not. What
# the machine itself does is shown beside them, and judged by nothing.
HELD = {'memory_mb': 5.0, 'handles': 0.5, 'threads': 0.5}
ALLOWED = {**HELD, 'calculation_ms': math.inf, 'stolen_percent': math.inf}
# What the processor time of a process is divided by: a counter of its diagnostics, or the clock
# that paces its work.
WORK = {'action_filter': 'cycles', 'policy_server': 'chunks'}
LATENCIES = {
    'action_filter': ('cycle_us_p50', 'period_ms_p50'),
    'policy_server': ('inference_p50_ms', 'publish_p50_ms', 'observation_age_p50_ms'),
}


class Soak:
    """Samples a running graph between and during its episodes."""

    def __init__(self, graph: RolloutGraph, stack: Stack) -> None:
        self._graph = graph
        self._pids = {**{name: stack.pid(name) for name in stack.names}, 'rollout': os.getpid()}
        self._started = self._sampled = time.monotonic()
        self._work: dict[str, tuple[float, float]] = {}
        self._stolen_s = stolen_s()
        self.latest: dict[str, dict[str, str]] = {}
        self.series: dict[str, Series] = {}
        self.episodes = self.successes = self.resets = 0
        self.failure = ''
        graph._node.create_subscription(DiagnosticArray, 'diagnostics', self._on_health, STATE)

    @property
    def minutes(self) -> float:
        return (time.monotonic() - self._started) / 60.0

    def counts(self) -> dict[str, float]:
        """Return what has been done so far."""
        return {
            'minutes': round(self.minutes, 1),
            'episodes': self.episodes,
            'successes': self.successes,
            'resets': self.resets,
        }

    def try_episode(self, seed: int) -> None:
        """Run an episode; what ends the soak early must not lose what was measured."""
        try:
            self.run_episode(seed)
        except VlaError as error:
            self.failure = str(error)

    def run_episode(self, seed: int) -> None:
        """Run one episode, and leave a latched stop as an operator would."""
        graph = self._graph
        graph.motion.pause()
        graph.reset_world(seed)
        graph.monitor.begin(None)
        graph.motion.resume()
        end_ns = graph.now_ns() + round(EPISODE_S * 1e9)

        def is_over() -> bool:
            self.sample_if_due()
            return graph.monitor.success or graph.now_ns() >= end_ns

        graph.wait_until(is_over, 1800.0, 'the end of the episode')
        self.episodes += 1
        self.successes += graph.monitor.success
        if self.latest.get('action_filter', {}).get('state') == 'stopped-latched':
            graph.motion.pause()
            graph.motion.resume()
            answer = graph.calls.call(Trigger, 'action_filter/reset', Trigger.Request())
            self.resets += answer.success

    def sample_if_due(self) -> None:
        now = time.monotonic()
        since_s = now - self._sampled
        if since_s < SAMPLE_S:
            return
        self._sampled = now
        hours = self.minutes / 60.0
        for name, pid in self._pids.items():
            held = usage(pid)
            for figure in HELD:
                self._add(f'{name} {figure}', hours, getattr(held, figure))
            self._add_work(name, hours, held.cpu_s)
        for name, figure, value in self._latencies():
            self._add(f'{name} {figure}', hours, value)
        self._add_machine(hours, since_s)

    def _add_machine(self, hours: float, since_s: float) -> None:
        """Add how fast the machine is, and what part of its time the host gave to others [%]."""
        stolen = stolen_s()
        percent = 100.0 * (stolen - self._stolen_s) / (since_s * (os.cpu_count() or 1))
        self._stolen_s = stolen
        self._add('machine calculation_ms', hours, calculation_ms())
        self._add('machine stolen_percent', hours, percent)

    def _add_work(self, name: str, hours: float, cpu_s: float) -> None:
        """Add the processor time of a unit of work since the last sample [ms]."""
        done = self._done(name)
        cpu_then_s, done_then = self._work.get(name, (cpu_s, done))
        if done > done_then:
            self._add(f'{name} work_ms', hours, 1e3 * (cpu_s - cpu_then_s) / (done - done_then))
        self._work[name] = cpu_s, done

    def _done(self, name: str) -> float:
        """Return how much a process has done: cycles, chunks, simulated or real seconds."""
        if name in WORK:
            return float(self.latest.get(name, {}).get(WORK[name], 0))
        return self._graph.now_ns() / 1e9 if name == 'mujoco_bridge' else time.monotonic()

    def _latencies(self) -> Iterator[tuple[str, str, float]]:
        for name, figures in LATENCIES.items():
            for figure in figures:
                value = self.latest.get(name, {}).get(figure, 'unavailable')
                if value != 'unavailable':
                    yield name, figure, float(value)

    def _add(self, name: str, hours: float, value: float) -> None:
        self.series.setdefault(name, Series()).add(hours, value)

    def _on_health(self, msg: DiagnosticArray) -> None:
        for status in msg.status:
            self.latest[status.name] = {item.key: item.value for item in status.values}


def run(minutes: float) -> Soak:
    """Run episodes for some time in a graph of its own."""
    enter_own_domain()
    context = rclpy.Context()
    rclpy.init(context=context, signal_handler_options=SignalHandlerOptions.NO)
    with (
        tempfile.TemporaryDirectory() as folder,
        Stack('sim', Path(folder), context.get_domain_id(), {}) as stack,
    ):
        graph = RolloutGraph(context, load_cell('panda_table'), stack.check)
        try:
            graph.wait_until_ready(120.0)
            soak = Soak(graph, stack)
            with tqdm(total=round(minutes), unit='min') as bar:
                while soak.minutes < minutes and not soak.failure:
                    soak.try_episode(soak.episodes)
                    bar.update(int(soak.minutes) - bar.n)
        finally:
            graph.close()
            rclpy.try_shutdown(context=context)
    return soak


def start_anew(times: int, minutes: float) -> tuple[list[Soak], str]:
    """Run fresh graphs; one that does not come up must not lose what was measured before."""
    anew: list[Soak] = []
    try:
        for _ in range(times):
            anew.append(run(minutes))
    except VlaError as error:
        return anew, str(error)
    return anew, ''


def judge(soak: Soak, anew: list[Soak], warm_up_h: float, anew_warm_up_h: float) -> list[Growth]:
    """Return what each figure with a slope did, beside its level in the restarted graphs."""
    rows = []
    for name, series in soak.series.items():
        fresh = [other.series.get(name, Series()).after(anew_warm_up_h) for other in anew]
        levels = [float(np.median(kept.values)) for kept in fresh if kept.values]
        counted = series.after(warm_up_h)
        if len(counted.values) > 1:
            rows.append(Growth.of(name, counted, ALLOWED.get(name.split()[-1]), levels))
    return rows


def print_table(rows: list[Growth]) -> None:
    """Print a line per figure, as docs/soak.md has it."""
    print('| figure | first | last | per hour (95 % interval) | allowed | restarted | |')
    print('|---|---|---|---|---|---|---|')
    for row in rows:
        low, high = row.interval_95
        levels = ', '.join(f'{level:.4g}' for level in row.anew)
        print(
            f'| {row.name} | {row.first:.4g} | {row.last:.4g} | {row.per_hour:+.2g} '
            f'({low:+.2g} to {high:+.2g}) | {row.allowed_per_hour:.2g} | {levels} | '
            f'{row.verdict} |'
        )


def main() -> int:
    """Run the soak and print its table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--minutes', type=float, default=60.0)
    parser.add_argument('--warm-up', type=float, default=10.0, help='not counted [min]')
    parser.add_argument('--anew', type=int, default=5, help='graphs started afterwards')
    parser.add_argument('--anew-minutes', type=float, default=4.0, help='each, half not counted')
    parser.add_argument('--json', type=Path)
    args = parser.parse_args()
    if args.minutes - args.warm_up < 2.0 * SAMPLE_S / 60.0:
        parser.error(
            f'--minutes {args.minutes:g} and --warm-up {args.warm_up:g} leave less than two '
            f'samples, which are {SAMPLE_S:g} s apart'
        )
    soak = run(args.minutes)
    counts = soak.counts()
    anew, why_not = start_anew(0 if soak.failure else args.anew, args.anew_minutes)
    rows = judge(soak, anew, args.warm_up / 60.0, args.anew_minutes / 120.0)
    print_table(rows)
    failure = '; '.join(filter(None, (*(one.failure for one in (soak, *anew)), why_not)))
    print(', '.join(f'{value:g} {name}' for name, value in counts.items()), failure)
    if args.json:
        samples = {name: asdict(series) for name, series in soak.series.items()}
        found = {
            **counts,
            'failure': failure,
            'rows': [row.plain() for row in rows],
            'samples': samples,
        }
        write_json(args.json, found)
    is_good = not failure and not any(row.grows for row in rows)
    return DONE if is_good else NOT_GOOD_ENOUGH


if __name__ == '__main__':
    sys.exit(main())
