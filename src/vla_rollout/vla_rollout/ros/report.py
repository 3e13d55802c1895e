"""Runs as one page, with videos, joint plots and alarms; also JSON and JUnit."""

import argparse
from collections import Counter
from pathlib import Path
import sys

from tqdm import tqdm
from vla_contract.command import command_parser, run_command, write_json
from vla_contract.contract import load_contract
from vla_contract.values import ActionChunk
from vla_rollout.cycle import Cycle
from vla_rollout.diagnosis.diagnosis import Alarm, Diagnosis
from vla_rollout.diagnosis.healthy import find_healthy
from vla_rollout.report.episode_figure import draw_episode, EpisodeTrace
from vla_rollout.report.junit import write_junit
from vla_rollout.report.page import write_report
from vla_rollout.report.runs import load_run, Run
from vla_rollout.ros.recorded_cycles import replay_cycles
from vla_rollout.statistics import wilson_interval


class _Watch(EpisodeTrace):
    """Keeps the trace and diagnoses beside it."""

    def __init__(self, diagnosis: Diagnosis | None) -> None:
        self._diagnosis = diagnosis
        super().__init__()

    @property
    def alarms(self) -> list[Alarm]:
        return self._diagnosis.alarms if self._diagnosis else []

    def restart(self) -> None:
        super().restart()
        if self._diagnosis:
            self._diagnosis.restart()

    def see_chunk(self, chunk: ActionChunk) -> None:
        if self._diagnosis:
            self._diagnosis.see_chunk(chunk)

    def see_cycle(self, cycle: Cycle) -> None:
        super().see_cycle(cycle)
        if self._diagnosis:
            self._diagnosis.see_cycle(cycle)


def _pictures(runs: list[Run]) -> dict[tuple[str, int], bytes]:
    """Draw every episode that was recorded."""
    recorded = [
        (run, index, run.folder / 'recordings' / str(result['recording']))
        for run in runs
        for index, result in enumerate(run.results)
        if result.get('recording')
    ]
    pictures = {}
    for run, index, file in tqdm(recorded, unit='episode', disable=not recorded):
        contract = load_contract(str(run.settings['robot']))
        healthy = find_healthy(str(run.settings.get('policy')), contract)
        watch = _Watch(Diagnosis(contract, healthy) if healthy else None)
        replay_cycles(file, contract, watch)
        if watch.cycles:
            picture = draw_episode(contract, watch.cycles, watch.alarms)
            pictures[run.folder.name, index] = picture
    return pictures


def report(args: argparse.Namespace) -> int:
    """Write report.html and report.junit.xml into the output folder."""
    runs = [load_run(folder) for folder in args.runs]
    output = args.output or args.runs[0]
    write_report(output / 'report.html', runs, _pictures(runs))
    write_junit(output / 'report.junit.xml', runs)
    rows = []
    for run in runs:
        interval = wilson_interval(run.successes, len(run.results))
        outcomes = Counter(run.outcomes())
        rows.append(
            {
                'run': run.folder.name,
                'episodes': len(run.results),
                'successes': run.successes,
                'wilson_95': [interval.lower, interval.upper],
                'outcomes': dict(outcomes),
            }
        )
    if args.json:
        write_json(args.json, {'runs': rows})
    print(f'report: {output}/report.html')
    return 0


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'vla_rollout.ros.report',
        'One self-contained page about one or more runs, and JUnit beside it.',
        'python -m vla_rollout.ros.report runs/latest',
    )
    parser.add_argument('runs', nargs='+', type=Path, help='run folders')
    parser.add_argument('--output', type=Path, help='folder, default: the first run')
    parser.add_argument('--json', type=Path, help='also write the figures here')
    args = parser.parse_args(argv)
    return run_command(lambda: report(args))


if __name__ == '__main__':
    sys.exit(main())
