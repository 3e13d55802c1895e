"""Every scene with the object that was named and with another one."""

import argparse
from collections.abc import Sequence
from functools import lru_cache
from itertools import cycle
import json
from typing import Any

from vla_contract.cli.command import DONE, NOT_GOOD_ENOUGH, write_json
from vla_contract.cli.deployment_arguments import deployment_of
from vla_contract.cli.progress import Progress
from vla_contract.errors import VlaError
from vla_rollout.arguments import loop_settings
from vla_rollout.episodes.answers import answered
from vla_rollout.episodes.episode import EpisodeResult
from vla_rollout.episodes.in_process.closed_loop import ClosedLoop
from vla_rollout.episodes.in_process.loop_builder import build_loop, require_loop
from vla_rollout.episodes.policy_label import policy_label
from vla_rollout.episodes.provenance import provenance, recorded_settings
from vla_rollout.simulation.finishing import finishing_pool
from vla_rollout.simulation.instruction_report import DRAWN, report, SWAPPED, way_line
from vla_rollout.simulation.journal import Journal
from vla_rollout.simulation.resumable import journal_of, told_how_to_go_on
from vla_rollout.simulation.unused_options import refuse_blind_options
from vla_sim_bridge.scene.simulated_task import simulated_task, TARGET
from vla_sim_bridge.tasks.task import PHRASE


def swapped(targets: Sequence[str], name: str) -> str:
    """Return the next of the targets, so that no scene is told the same twice."""
    return targets[(targets.index(name) + 1) % len(targets)]


def told(manifest: dict[str, Any], name: str, phrase: str) -> dict[str, Any]:
    """Return the manifest of the same scene with another instruction."""
    said = {TARGET: {'value': name, 'unit': ''}, PHRASE: {'value': phrase, 'unit': ''}}
    return manifest | {'values': manifest['values'] | said}


@lru_cache(maxsize=1)
def _loop(text: str) -> ClosedLoop:
    """Return the loop of these settings, which is built once."""
    return build_loop(json.loads(text))


def run_told(job: tuple[str, int, str, bool]) -> EpisodeResult:
    """Run a scene told one of both ways.

    Args:
        job: settings of the loop as JSON, the seed of the scene, the way, and whether it is told
            in words that are kept apart from the training.
    """
    settings, seed, way, held_out = job
    loop = _loop(settings)
    task = simulated_task(loop.world.deployment.task)
    manifest = loop.world.reset(seed)
    name, phrase = (manifest['values'][key]['value'] for key in (TARGET, PHRASE))
    if held_out:
        phrase = task.held_out[seed % len(task.held_out)]
    said = name if way == DRAWN else swapped(task.targets, name)
    return loop.run(seed, replay=told(manifest, said, phrase))


def run_pairs(args: argparse.Namespace, journal: Journal) -> dict[str, list[EpisodeResult]]:
    """Run every scene told as drawn, then told another object in the same words."""
    settings = json.dumps(loop_settings(args), sort_keys=True)
    jobs = (
        (settings, seed, way, args.held_out)
        for seed in range(args.first_seed, args.first_seed + args.episodes)
        for way in (DRAWN, SWAPPED)
    )
    results: dict[str, list[EpisodeResult]] = {DRAWN: [], SWAPPED: []}
    with (
        finishing_pool(1) as map_finished,
        Progress(2 * args.episodes, 'episodes') as progress,
    ):
        for result, way in zip(
            journal.through(map_finished)(run_told, jobs), cycle(results), strict=False
        ):
            results[way].append(result)
            found = (f'{way} {sum(r.success for r in done)}' for way, done in results.items())
            progress.update(note=', '.join(found))
    return results


def check_instruction(args: argparse.Namespace) -> int:
    """Run the scenes, print what was lifted, and judge.

    Raises:
        VlaError: the task names no object, or keeps no phrases apart.
    """
    deployment = deployment_of(args)
    task = deployment.task
    simulated = simulated_task(task)
    if not simulated.targets:
        raise VlaError(f"task '{task.name}' names no object; allowed: one with targets")
    if args.held_out and not simulated.held_out:
        raise VlaError(f"task '{task.name}' has no held_out phrases")
    refuse_blind_options(args, deployment)
    identity = require_loop(loop_settings(args), keep=False)
    facts = provenance(deployment, identity, args.randomization)
    journal = journal_of(args, 'check_instruction', facts)
    with told_how_to_go_on(journal, 'check instruction'):
        results = run_pairs(args, journal)
    folder = journal.folder
    summary = report(results)
    settings = recorded_settings(args, deployment, identity, loop_settings(args))
    for path in filter(None, (folder / 'summary.json', args.json)):
        write_json(path, {'settings': settings, **summary})
    print(policy_label(identity.backend, identity.source, identity.policy))
    for way, episodes in results.items():
        print(way_line(way, episodes))
    both = summary['scenes_with_both_obeyed']
    print(f'both instructions obeyed in {both} of {summary["scenes"]} scenes; results in {folder}')
    rates = [summary[way].get('success_rate', 0.0) for way in results]
    is_good = min(rates) >= args.least and all(map(answered, results.values()))
    return DONE if is_good else NOT_GOOD_ENOUGH
