"""The closed loop from its settings, and one episode in it, in whichever process that runs."""

from collections.abc import Sequence
from functools import lru_cache
import json
from pathlib import Path
from typing import Any

from vla_action_filter.config import FilterConfig, load_filter_config
from vla_contract.cli.deployment_arguments import PARTS
from vla_contract.deployment.deployment import Deployment, load_deployment
from vla_policy_server.backends.registry import make_policy
from vla_rollout.diagnosis.diagnosis import diagnosed, Diagnosis
from vla_rollout.diagnosis.healthy import find_healthy
from vla_rollout.episodes.closed_loop import ClosedLoop
from vla_rollout.episodes.cycle import CycleObserver
from vla_rollout.episodes.episode import EpisodeResult
from vla_rollout.episodes.video import VideoWriter
from vla_rollout.simulation.domains import load_domain
from vla_sim_bridge.scene.world import World

Job = tuple[dict[str, Any], int]
"""Settings of `build_loop` and a seed."""


def run_episode(job: Job, videos: Path | None = None) -> EpisodeResult:
    """Run one seed; the loop of the last settings is kept, so that jobs alike come fast.

    Args:
        job: settings of the loop, and the seed.
        videos: where to write the episode's video, None for none.
    """
    settings, seed = job
    loop, diagnosis = _watched_loop(json.dumps(settings, sort_keys=True))
    if videos is None:
        result = loop.run(seed)
    else:
        with VideoWriter(videos / f'seed_{seed}.mp4', fps=loop.frame_hz) as video:
            result = loop.run(seed, lambda images: video.write(next(iter(images.values()))))
    return diagnosed(result, diagnosis.alarms) if diagnosis else result


def require_loop(settings: dict[str, Any], keep: bool) -> None:
    """Build the loop of these settings, so that a wrong name is told before anything is written.

    Args:
        settings: of `build_loop`.
        keep: have `run_episode` take this one; otherwise other processes build theirs.

    Raises:
        VlaError: a name is unknown, or something cannot be built.
    """
    _watched_loop(json.dumps(settings, sort_keys=True))
    if not keep:
        _watched_loop.cache_clear()


@lru_cache(maxsize=1)
def _watched_loop(text: str) -> tuple[ClosedLoop, Diagnosis | None]:
    """Return the loop of these settings, and who diagnoses where the policy's health is known."""
    settings = json.loads(text)
    deployment = loop_deployment(settings)
    healthy = find_healthy(deployment)
    diagnosis = Diagnosis(deployment.cell, healthy) if healthy else None
    return build_loop(settings, (diagnosis,) if diagnosis else ()), diagnosis


def build_loop(settings: dict[str, Any], observers: Sequence[CycleObserver] = ()) -> ClosedLoop:
    """Build world, policy and filter; observers watch every cycle.

    Raises:
        VlaError: one of them cannot be built; nothing has been written.
    """
    _use_one_thread()
    deployment = loop_deployment(settings)
    world = World(deployment, load_domain(settings['randomization']))
    policy = make_policy(deployment, settings['device'], settings['precision'])
    return ClosedLoop(
        world,
        policy,
        filter_config(settings['filter']),
        settings['execute_steps'],
        settings['latency_s'],
        settings['blank_images'],
        settings['mode'],
        observers,
        settings['speed'],
    )


def loop_deployment(settings: dict[str, Any]) -> Deployment:
    """Return the deployment that the settings of a loop name.

    Raises:
        ContractError, ResourceNotFoundError: as `load_deployment`.
    """
    return load_deployment(**{part: settings[part] for part in PARTS})


def filter_config(name: str) -> FilterConfig | None:
    """Return the filter's settings: the defaults, those of a parameter file, or None for off.

    Raises:
        VlaError: the file cannot be read, or a value is unknown or out of range.
    """
    if name == 'off':
        return None
    return load_filter_config(None if name == 'default' else Path(name))


def _use_one_thread() -> None:
    """Give every worker one torch thread: results must not depend on how many share the cores."""
    try:
        import torch
    except ImportError:
        return
    torch.set_num_threads(1)
