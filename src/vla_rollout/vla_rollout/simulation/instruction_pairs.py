"""Every scene with the colour that was named and with another one."""

import argparse
from collections import Counter
from typing import Any

from tqdm import tqdm
from vla_contract.cli.command import NOT_GOOD_ENOUGH, write_json
from vla_contract.cli.deployment_arguments import deployment_of
from vla_contract.errors import VlaError
from vla_rollout.arguments import loop_settings
from vla_rollout.episodes.episode import EpisodeResult
from vla_rollout.episodes.loop_builder import build_loop, require_loop
from vla_rollout.episodes.provenance import recorded_settings
from vla_rollout.episodes.run_folder import make_run_folder
from vla_rollout.statistics.intervals import format_interval, wilson_interval
from vla_sim_bridge.scene.simulated_task import NamedCubesConfig, simulated_task
from vla_sim_bridge.tasks.lift_named_cube import NAMED, PHRASE, WRONG_OBJECT

DRAWN, SWAPPED = 'as_drawn', 'swapped'
_OUTCOMES = {'success': 'named', WRONG_OBJECT: 'other'}


def swapped_colour(colours: list[str], colour: str) -> str:
    """Return the next colour, so that no scene is told the same twice."""
    return colours[(colours.index(colour) + 1) % len(colours)]


def told(manifest: dict[str, Any], colour: str, phrase: str) -> dict[str, Any]:
    """Return the manifest of the same scene with another instruction."""
    said = {NAMED: {'value': colour, 'unit': ''}, PHRASE: {'value': phrase, 'unit': ''}}
    return manifest | {'values': manifest['values'] | said}


def outcome(result: EpisodeResult) -> str:
    """Return what was lifted: the named object, another one, or nothing."""
    return _OUTCOMES.get(result.termination, 'nothing')


def report(results: dict[str, list[EpisodeResult]]) -> dict[str, Any]:
    """Return counts, intervals and episodes of both ways to tell, for JSON."""
    summary: dict[str, Any] = {}
    for way, episodes in results.items():
        obeyed = sum(result.success for result in episodes)
        rate, lower, upper = wilson_interval(obeyed, len(episodes))
        summary[way] = {
            'episodes': len(episodes),
            'obeyed': obeyed,
            'rate': rate,
            'wilson_95': [lower, upper],
            'lifted': dict(Counter(map(outcome, episodes))),
            'results': [
                {
                    'seed': result.seed,
                    'instruction': result.manifest['instruction'],
                    'lifted': outcome(result),
                    'duration_s': result.duration_s,
                }
                for result in episodes
            ],
        }
    pairs = zip(results[DRAWN], results[SWAPPED], strict=True)
    summary['scenes_with_both_obeyed'] = sum(a.success and b.success for a, b in pairs)
    return summary


def run_pairs(args: argparse.Namespace, named: NamedCubesConfig) -> dict[str, list[EpisodeResult]]:
    """Run every scene told as drawn, then told another colour in the same words."""
    loop = build_loop(loop_settings(args))
    results: dict[str, list[EpisodeResult]] = {DRAWN: [], SWAPPED: []}
    colours = list(named.colours)
    progress = tqdm(range(args.first_seed, args.first_seed + args.episodes), unit='scene')
    for seed in progress:
        manifest = loop.world.reset(seed)
        colour, phrase = (manifest['values'][key]['value'] for key in (NAMED, PHRASE))
        if args.held_out:
            phrase = named.held_out[seed % len(named.held_out)]
        for way, said in ((DRAWN, colour), (SWAPPED, swapped_colour(colours, colour))):
            results[way].append(loop.run(seed, replay=told(manifest, said, phrase)))
        progress.set_postfix(
            {way: sum(result.success for result in done) for way, done in results.items()}
        )
    return results


def check_instruction(args: argparse.Namespace) -> int:
    """Run the scenes, print what was lifted, and judge.

    Raises:
        VlaError: the task names no object, or keeps no phrases apart.
    """
    deployment = deployment_of(args)
    task = deployment.task
    named = simulated_task(task).named_cubes
    if named is None:
        raise VlaError(f"task '{task.name}' names no object; allowed: one with named_cubes")
    if args.held_out and not named.held_out:
        raise VlaError(f"task '{task.name}' has no named_cubes.held_out phrases")
    identity = require_loop(loop_settings(args), keep=False)
    results = run_pairs(args, named)
    folder = make_run_folder('check_instruction', args.runs)
    summary = report(results)
    for way, episodes in results.items():
        lifted = Counter(map(outcome, episodes))
        counts = '  '.join(f'{name} {lifted[name]}' for name in ('named', 'other', 'nothing'))
        obeyed = format_interval(lifted['named'], len(episodes))
        print(f'told {way:<9} lifted: {counts}  obeyed {obeyed}')
    both = summary['scenes_with_both_obeyed']
    print(f'both instructions obeyed in {both} of {args.episodes} scenes; results in {folder}')
    settings = recorded_settings(args, deployment, identity, loop_settings(args))
    for path in filter(None, (folder / 'summary.json', args.json)):
        write_json(path, {'settings': settings, **summary})
    worst = min(summary[way]['rate'] for way in results)
    return 0 if worst >= args.least else NOT_GOOD_ENOUGH
