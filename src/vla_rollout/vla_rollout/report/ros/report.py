"""Write runs as one HTML page with videos and joint plots; also JSON and JUnit."""

import argparse
from collections.abc import Mapping
from functools import cache
import json
from pathlib import Path
import sys
from typing import Any

from tqdm import tqdm
from vla_contract.cli.command import command_parser, run_command, write_json
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.deployment import load_deployment
from vla_contract.values import ActionChunk
from vla_rollout.diagnosis.alarm import Alarm
from vla_rollout.diagnosis.diagnosis import Diagnosis
from vla_rollout.diagnosis.healthy import find_healthy
from vla_rollout.episodes.cycle import Cycle
from vla_rollout.preflight.page import read_checklist
from vla_rollout.recording.cycles import replay_cycles
from vla_rollout.report.comparisons import compare_runs
from vla_rollout.report.episode_figure import draw_episode, EpisodeTrace
from vla_rollout.report.junit import write_junit
from vla_rollout.report.page import interventions_of, write_report
from vla_rollout.report.recorded import count_interventions, RecordedEpisode
from vla_rollout.report.runs import load_run, Run
from vla_rollout.statistics.intervals import exact_interval, wilson_interval


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


@cache
def _watch_of(given: str) -> tuple[Cell, _Watch]:
    """Return what replays the episodes of a deployment, as JSON of `load_deployment`'s arguments.

    A text, since results are kept by it.
    """
    deployment = load_deployment(**json.loads(given))
    cell, healthy = deployment.cell, find_healthy(deployment)
    return cell, _Watch(Diagnosis(cell, healthy) if healthy else None)


def _recorded(runs: list[Run]) -> dict[tuple[str, int], RecordedEpisode]:
    """Replay and draw every episode that was recorded."""
    recorded = [
        (run, index, run.folder / 'recordings' / str(result['recording']))
        for run in runs
        for index, result in enumerate(run.results)
        if result.get('recording')
    ]
    episodes = {}
    for run, index, file in tqdm(recorded, unit='episode', disable=not recorded):
        cell, watch = _watch_of(json.dumps(run.settings['given'], sort_keys=True))
        replay_cycles(file, cell, watch)
        if watch.cycles:
            picture = draw_episode(cell, watch.cycles, watch.alarms)
            reasons = count_interventions(watch.cycles)
            episodes[run.folder.name, index] = RecordedEpisode(picture, reasons)
    return episodes


def report(args: argparse.Namespace) -> int:
    """Write report.html and report.junit.xml into the output folder."""
    runs = [load_run(folder) for folder in args.runs]
    output = args.output or args.runs[0]
    checklist = read_checklist(args.preflight) if args.preflight else []
    episodes = _recorded(runs)
    write_report(output / 'report.html', runs, episodes, checklist)
    write_junit(output / 'report.junit.xml', runs)
    if args.json:
        comparisons = [
            {'first': first, 'second': second, 'newcombe_95': list(c.difference[1:]),
             'difference': c.difference.rate, 'p_value': c.p_value, 'test': c.test}
            for (first, second), c in compare_runs(runs).items()
        ]  # fmt: skip
        rows = [_figures(run, episodes) for run in runs]
        write_json(args.json, {'runs': rows, 'comparisons': comparisons})
    print(f'report: {output}/report.html')
    return 0


def _figures(run: Run, episodes: Mapping[tuple[str, int], RecordedEpisode]) -> dict[str, Any]:
    counts = run.successes, len(run.results)
    return {
        'run': run.folder.name,
        'episodes': len(run.results),
        'successes': run.successes,
        'wilson_95': list(wilson_interval(*counts)[1:]),
        'exact_95': list(exact_interval(*counts)[1:]),
        'outcomes': dict(run.outcomes()),
        'interventions': dict(interventions_of(run, episodes)),
    }


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'rollout report',
        'One self-contained page about one or more runs, and JUnit beside it.',
        'vla rollout report runs/latest',
    )
    parser.add_argument('runs', nargs='+', type=Path, help='run folders')
    parser.add_argument('--output', type=Path, help='folder, default: the first run')
    parser.add_argument('--preflight', type=Path, help='preflight.json, to show its checklist')
    parser.add_argument('--json', type=Path, help='also write the figures here')
    args = parser.parse_args(argv)
    return run_command(lambda: report(args))


if __name__ == '__main__':
    sys.exit(main())
