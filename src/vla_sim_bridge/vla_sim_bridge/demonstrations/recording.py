"""Episodes of the scripted expert, recorded in processes of their own, become a dataset."""

import argparse
from functools import partial
import json
from pathlib import Path
import shutil
import sys
from typing import Any

from vla_contract.cli.command import DONE, write_json
from vla_contract.cli.deployment_arguments import deployment_of, named_parts
from vla_contract.cli.interrupts import raise_if_interrupted
from vla_contract.cli.progress import Progress, watched
from vla_contract.cli.worker_pool import OrderedMap, worker_pool
from vla_contract.deployment.deployment import Deployment, load_deployment
from vla_contract.errors import VlaError
from vla_lerobot.features import dataset_features
from vla_lerobot.frames import new_dataset
from vla_lerobot.written_statistics import write_statistics
from vla_sim_bridge.demonstrations.demonstrator import Demonstrator, wider_area
from vla_sim_bridge.demonstrations.episode_store import EpisodeStore
from vla_sim_bridge.randomization.randomization import load_randomization
from vla_sim_bridge.scene.episode_manifest import world_facts
from vla_sim_bridge.scene.simulated_task import simulated_task
from vla_sim_bridge.scene.world import World

_PROVENANCE = Path('meta', 'vla_provenance.json')
# Every worker process holds one, built once.
_demonstrator: Demonstrator | None = None


def _start_worker(parts: dict[str, Any], settings: dict[str, Any]) -> None:
    global _demonstrator
    task = simulated_task(load_deployment(**parts).task)
    deployment = load_deployment(**parts, overrides=wider_area(task, settings['margin_m']))
    world = World(deployment, load_randomization(settings['randomization']))
    _demonstrator = Demonstrator(world, settings['noise_rad'], settings['missed_share'])


def _record_seed(seed: int, store: EpisodeStore) -> bool:
    """Record a seed that the store lacks; return whether the expert succeeded."""
    if store.outcome(seed) is None:
        if _demonstrator is None:
            raise RuntimeError('the worker has no demonstrator')
        store.save(seed, _demonstrator.record(seed))
    return bool(store.outcome(seed))


def record_episodes(
    map_seeds: OrderedMap, store: EpisodeStore, first_seed: int, episodes: int
) -> tuple[list[int], list[int]]:
    """Record the first `episodes` successful seeds from `first_seed` up.

    Every round records as many seeds as are missing: which ones are taken depends on the seeds
    alone, never on how many workers there are or how often they were interrupted.

    Returns:
        The successful seeds and the failed ones.

    Raises:
        VlaError: the expert fails more than half of its episodes.
    """
    good: list[int] = []
    failed: list[int] = []
    seed = first_seed
    with Progress(episodes, 'episodes') as progress:
        while len(good) < episodes:
            batch = range(seed, seed + episodes - len(good))
            for seed, succeeded in zip(
                batch, map_seeds(partial(_record_seed, store=store), batch), strict=True
            ):
                (good if succeeded else failed).append(seed)
                progress.update(succeeded)
                if len(failed) > 10 + len(good):
                    tried = len(failed) + len(good)
                    raise VlaError(f'the expert failed {len(failed)} of {tried} episodes')
            seed = batch.stop
    return good, failed


def write_dataset(
    store: EpisodeStore, seeds: list[int], deployment: Deployment, output: Path
) -> int:
    """Write stored episodes as a LeRobotDataset with their manifests; return its frames."""
    dataset = new_dataset(output, output.name, deployment, dataset_features(deployment))
    manifests = []
    for seed in watched(seeds, 'episodes', 'writing'):
        demonstration = store.load(seed)
        for frame in demonstration.frames:
            dataset.add_frame(frame)
        dataset.save_episode()
        manifests.append(json.dumps(demonstration.manifest) + '\n')
    dataset.finalize()
    write_statistics(output)
    (output / 'meta' / 'vla_manifests.jsonl').write_text(''.join(manifests))
    return int(dataset.num_frames)


def make_dataset(args: argparse.Namespace) -> int:
    """Record `args.episodes` successful episodes into the folder `args.output`.

    Episodes wait in `<output>.recording` until all are there; the same command goes on where an
    interrupted one stopped.

    Returns:
        The exit status.

    Raises:
        VlaError: the folder exists, another recording was begun for it, or the expert fails more
            than half of its episodes.
    """
    store = EpisodeStore(args.output.with_name(args.output.name + '.recording'))
    is_there = args.output.exists()
    if is_there and not store.folder.exists():
        raise VlaError(f'{args.output} exists; name a new folder, nothing was written')
    deployment = deployment_of(args)
    names = ('randomization', 'noise_rad', 'missed_share', 'margin_m')
    settings = {name: getattr(args, name) for name in names}
    facts = {
        # Of a task without simulation: refused before any process is started.
        **world_facts(deployment),
        'deployment': deployment.name,
        'deployment_sha256': deployment.sha256,
        'randomization_sha256': load_randomization(args.randomization).sha256,
    }
    if is_there and not _is_of(args.output, {**settings, **facts}):
        raise VlaError(f'{args.output} exists and is of another recording; name a new folder')
    store.begin({**settings, **facts})
    if is_there:
        # It is moved there when it is whole: only the end of the cleaning up was interrupted.
        store.delete()
        print(f'{args.output} was complete already')
        return DONE
    workers = min(args.workers, args.episodes)
    try:
        raise_if_interrupted()
        with worker_pool(workers, _start_worker, named_parts(args), settings) as map_seeds:
            seeds, failed = record_episodes(map_seeds, store, args.first_seed, args.episodes)
    except KeyboardInterrupt:
        print(
            f'\nrecorded episodes wait in {store.folder}; the same command goes on',
            file=sys.stderr,
        )
        raise
    # Written beside the episodes and moved, so that the output is complete or not there.
    unfinished = store.folder / args.output.name
    _remove_half_written(unfinished)
    frames = write_dataset(store, seeds, deployment, unfinished)
    provenance = {**settings, **facts, 'seeds': seeds, 'failed_seeds': failed}
    write_json(unfinished / _PROVENANCE, provenance)
    unfinished.rename(args.output)
    store.delete()
    print(f'{len(seeds)} episodes, {frames} frames, {len(failed)} failed seeds')
    return DONE


def _is_of(dataset: Path, settings: dict[str, Any]) -> bool:
    """Whether a folder is a whole dataset that was recorded with these settings."""
    path = dataset / _PROVENANCE
    return path.is_file() and settings.items() <= json.loads(path.read_text()).items()


def _remove_half_written(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
