"""Successful episodes, and the thresholds of the diagnosis that they lead to."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from vla_contract.cli.deployment_arguments import deployment_of
from vla_contract.cli.progress import watched
from vla_contract.cli.worker_pool import worker_pool
from vla_contract.errors import VlaError
from vla_contract.values import ActionChunk, Vector
from vla_rollout.arguments import loop_settings
from vla_rollout.diagnosis.detectors.joint_span import joint_span
from vla_rollout.diagnosis.detectors.motion.off_path import thin_out
from vla_rollout.diagnosis.healthy import (
    blind_spots,
    Healthy,
    healthy_path,
    healthy_sha256,
    HighestScores,
    learn_thresholds,
)
from vla_rollout.diagnosis.training import find_training
from vla_rollout.episodes.cycle import Cycle
from vla_rollout.episodes.in_process.closed_loop import ClosedLoop
from vla_rollout.episodes.in_process.loop_builder import build_loop, loop_deployment

# The arm passes one every few centimetres of its way.
_POSTURES = 200
# Ten postures per second say where the arm was.
_EVERY = 10


class Postures:
    """Observes where the arm is."""

    def __init__(self, arm: tuple[int, ...]) -> None:
        """Prepare for the indices of the arm's joints."""
        self._arm = list(arm)
        self.restart()

    def restart(self) -> None:
        """Begin an episode."""
        self.seen: list[Vector] = []
        self._count = 0

    def see_chunk(self, chunk: ActionChunk) -> None:
        """Look at cycles alone."""

    def see_cycle(self, cycle: Cycle) -> None:
        """Keep every tenth posture."""
        if self._count % _EVERY == 0:
            self.seen.append(cycle.joints.position[self._arm])
        self._count += 1


@dataclass(frozen=True)
class _Episode:
    success: bool
    postures: list[Vector]
    scores: dict[str, float]


@dataclass
class _Worker:
    """One loop per process, with those who watch it."""

    loop: ClosedLoop
    postures: Postures
    scores: HighestScores


_worker: _Worker | None = None


def _start(settings: dict[str, Any], references: Vector) -> None:
    global _worker
    deployment = loop_deployment(settings)
    cell, training = deployment.cell, find_training(deployment)
    postures, scores = Postures(cell.arm), HighestScores(cell, references, training)
    _worker = _Worker(build_loop(settings, (postures, scores)), postures, scores)


def _run(seed: int) -> _Episode:
    if _worker is None:
        raise RuntimeError('the worker has no loop')
    success = _worker.loop.run(seed).success
    return _Episode(success, _worker.postures.seen, dict(_worker.scores.by_cause))


def _episodes(args: argparse.Namespace, seeds: range, references: Vector) -> Iterator[_Episode]:
    """Yield the successful episodes of these seeds."""
    with worker_pool(args.workers, _start, loop_settings(args), references) as map_seeds:
        for episode in watched(map_seeds(_run, seeds), 'episodes', total=len(seeds)):
            if episode.success:
                yield episode


def learn_healthy(args: argparse.Namespace) -> int:
    """Run episodes and write what the successful ones look like.

    Raises:
        VlaError: too few succeeded, or there is nowhere to write.
    """
    deployment = deployment_of(args)
    cell, output = deployment.cell, args.output or healthy_path(deployment)
    if output is None:
        raise VlaError(f'policy {deployment.policy.name} has no folder; give --output FILE')
    if output.exists() and not args.force:
        raise VlaError(f'{output} exists; --force replaces it, nothing was written')
    span = joint_span(cell)[list(cell.arm)]
    references = range(args.first_seed, args.first_seed + max(1, args.episodes // 4))
    seeds = range(references.stop, references.stop + args.episodes)
    none = np.empty((0, len(cell.arm)))
    seen = [p for e in _episodes(args, references, none) for p in e.postures]
    if not seen:
        raise VlaError(f'none of {len(references)} episodes succeeded: nothing healthy to learn')
    postures = thin_out(np.array(seen) / span, _POSTURES) * span
    scores = [episode.scores for episode in _episodes(args, seeds, postures)]
    thresholds = learn_thresholds(scores, args.false_alarm_rate)
    cell_sha256 = healthy_sha256(cell)
    healthy = Healthy(thresholds, postures, len(scores), args.false_alarm_rate, cell_sha256)
    healthy.save(output)
    for name, threshold in thresholds.items():
        print(f'{name:16s} {threshold:.4g}')
    for warning in blind_spots(cell, thresholds):
        print(f'warning: {warning}')
    print(f'learned from {len(scores)} episodes: {output}')
    return 0
