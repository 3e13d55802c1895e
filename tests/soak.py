"""Run episodes in the simulator's graph for an hour, and see whether anything grows.

    python tests/soak.py --minutes 60 --json runs/soak.json

Every ten seconds the memory, handles, threads and processor time of every process and the
latencies on /diagnostics are sampled. What counts is the slope after a warm-up, with its 95 %
interval (Theil-Sen, which a few disturbed samples do not move). Exit status 1 when one grows.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, field
import os
from pathlib import Path
import sys
import tempfile
import time

from diagnostic_msgs.msg import DiagnosticArray
import numpy as np
from process_usage import usage
import rclpy
from rclpy.signals import SignalHandlerOptions
from scipy.stats import theilslopes
from std_srvs.srv import Trigger
from tqdm import tqdm
from vla_contract.command import DONE, NOT_GOOD_ENOUGH, write_json
from vla_contract.contract import load_contract
from vla_contract.errors import VlaError
from vla_contract.ros.free_domain import enter_own_domain
from vla_contract.ros.qos import STATE
from vla_rollout.ros.graph import RolloutGraph
from vla_rollout.stack import Stack

SAMPLE_S = 10.0
EPISODE_S = 12.0
# What is measured, and the growth per hour up to which it counts as none. Work and latencies are
# compared with their own median; latencies follow the load of the machine, the others do not.
ABSOLUTE = {'memory_mb': 5.0, 'handles': 0.5, 'threads': 0.5}
RELATIVE = 0.1
# What the processor time of a process is divided by: a counter of its diagnostics, or the clock
# that paces its work.
WORK = {'action_filter': 'cycles', 'policy_server': 'chunks'}
LATENCIES = {
    'action_filter': ('cycle_us_p50', 'period_ms_p50'),
    'policy_server': ('inference_p50_ms', 'publish_p50_ms', 'observation_age_p50_ms'),
}


@dataclass
class Series:
    """Samples of one figure over time."""

    hours: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def add(self, hours: float, value: float) -> None:
        self.hours.append(hours)
        self.values.append(value)

    def row(self, name: str, warm_up_h: float) -> dict[str, object]:
        """Return the medians of the first and last tenth after the warm-up, and the slope."""
        kept = np.array(self.hours) >= warm_up_h
        hours, values = np.array(self.hours)[kept], np.array(self.values)[kept]
        slope, _, low, high = theilslopes(values, hours)
        tenth = max(1, len(values) // 10)
        allowed = ABSOLUTE.get(name.split()[-1], RELATIVE * abs(float(np.median(values))))
        return {
            'name': name,
            'first': float(np.median(values[:tenth])),
            'last': float(np.median(values[-tenth:])),
            'per_hour': float(slope),
            'interval_95': [float(low), float(high)],
            'allowed_per_hour': allowed,
            'grows': bool(low > allowed),
        }


class Soak:
    """Samples a running graph between and during its episodes."""

    def __init__(self, graph: RolloutGraph, stack: Stack) -> None:
        self._graph = graph
        self._pids = {**{name: stack.pid(name) for name in stack.names}, 'rollout': os.getpid()}
        self._started = self._sampled = time.monotonic()
        self._work: dict[str, tuple[float, float]] = {}
        self.latest: dict[str, dict[str, str]] = {}
        self.series: dict[str, Series] = {}
        self.episodes = self.successes = self.resets = 0
        self.failure = ''
        graph._node.create_subscription(DiagnosticArray, 'diagnostics', self._on_health, STATE)

    @property
    def minutes(self) -> float:
        return (time.monotonic() - self._started) / 60.0

    def try_episode(self, seed: int) -> None:
        """Run an episode; what ends the soak early must not lose what was measured."""
        try:
            self.run_episode(seed)
        except VlaError as error:
            self.failure = str(error)

    def run_episode(self, seed: int) -> None:
        """Run one episode, and leave a latched stop as an operator would."""
        graph = self._graph
        graph.pause()
        graph.reset_world(seed)
        graph.monitor.begin(None)
        graph.resume()
        end_ns = graph.now_ns() + round(EPISODE_S * 1e9)

        def is_over() -> bool:
            self.sample_if_due()
            return graph.monitor.success or graph.now_ns() >= end_ns

        graph.wait_until(is_over, 1800.0, 'the end of the episode')
        self.episodes += 1
        self.successes += graph.monitor.success
        if self.latest.get('action_filter', {}).get('state') == 'stopped-latched':
            graph.pause()
            graph.resume()
            answer = graph._call(Trigger, 'action_filter/reset', Trigger.Request())
            self.resets += answer.success

    def sample_if_due(self) -> None:
        now = time.monotonic()
        if now - self._sampled < SAMPLE_S:
            return
        self._sampled = now
        hours = self.minutes / 60.0
        for name, pid in self._pids.items():
            held = usage(pid)
            for figure in ABSOLUTE:
                self._add(f'{name} {figure}', hours, getattr(held, figure))
            self._add_work(name, hours, held.cpu_s)
        for name, figure, value in self._latencies():
            self._add(f'{name} {figure}', hours, value)

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


def run(minutes: float, folder: Path) -> Soak:
    """Run episodes for some time."""
    enter_own_domain()
    context = rclpy.Context()
    rclpy.init(context=context, signal_handler_options=SignalHandlerOptions.NO)
    with Stack('sim', folder, context.get_domain_id(), {}) as stack:
        graph = RolloutGraph(context, load_contract('panda_2f85'), stack.check)
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


def main() -> int:
    """Run the soak and print its table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--minutes', type=float, default=60.0)
    parser.add_argument('--warm-up', type=float, default=10.0, help='not counted [min]')
    parser.add_argument('--json', type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        soak = run(args.minutes, Path(folder))
    rows = [series.row(name, args.warm_up / 60.0) for name, series in soak.series.items()]
    counts = {'minutes': round(soak.minutes, 1), 'episodes': soak.episodes,
              'successes': soak.successes, 'resets': soak.resets}  # fmt: skip
    print('| figure | first | last | per hour (95 % interval) | allowed | |')
    print('|---|---|---|---|---|---|')
    for row in rows:
        low, high = row['interval_95']
        print(f'| {row["name"]} | {row["first"]:.4g} | {row["last"]:.4g} | {row["per_hour"]:+.2g} '
              f'({low:+.2g} to {high:+.2g}) | {row["allowed_per_hour"]:.2g} | '
              f'{"GROWS" if row["grows"] else "-"} |')  # fmt: skip
    print(', '.join(f'{value:g} {name}' for name, value in counts.items()), soak.failure)
    if args.json:
        write_json(args.json, {**counts, 'failure': soak.failure, 'rows': rows})
    is_good = not soak.failure and not any(row['grows'] for row in rows)
    return DONE if is_good else NOT_GOOD_ENOUGH


if __name__ == '__main__':
    sys.exit(main())
