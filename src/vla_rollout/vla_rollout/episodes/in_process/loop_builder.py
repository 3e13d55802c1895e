"""The closed loop from its settings, and one episode in it, in whichever process that runs."""

from collections.abc import Sequence
import json
from pathlib import Path
from typing import Any

from vla_action_filter.config import FilterConfig, load_filter_config
from vla_contract.cli.deployment_arguments import PARTS
from vla_contract.deployment.deployment import Deployment, load_deployment
from vla_contract.policy import Policy
from vla_policy_server.identity.loading import load_identified
from vla_policy_server.identity.policy_identity import PolicyIdentity
from vla_rollout.diagnosis.diagnosis import diagnosed, Diagnosis, diagnosis_of
from vla_rollout.diagnosis.healthy import find_healthy
from vla_rollout.diagnosis.training import find_training
from vla_rollout.episodes.cycle import CycleObserver
from vla_rollout.episodes.episode import EpisodeResult
from vla_rollout.episodes.in_process.closed_loop import ClosedLoop
from vla_rollout.episodes.video import VideoWriter
from vla_rollout.simulation.domains import load_domain
from vla_sim_bridge.scene.world import World

Job = tuple[dict[str, Any], int]
"""Settings of `build_loop` and a seed."""
_Watched = tuple[ClosedLoop, Diagnosis, PolicyIdentity]
"""A loop, who diagnoses its episodes, and what its policy is."""
_kept: dict[str, _Watched] = {}
# These compute nothing by it, and importing it takes three seconds of CPU time.
_WITHOUT_TORCH = ('hold', 'remote', 'scripted')


def run_episode(job: Job, videos: Path | None = None) -> EpisodeResult:
    """Run one seed; the loop of the last settings is kept, so that jobs alike come fast.

    Args:
        job: settings of the loop, and the seed.
        videos: where to write the episode's video, None for none.
    """
    settings, seed = job
    loop, diagnosis, _ = _watched_loop(json.dumps(settings, sort_keys=True))
    if videos is None:
        result = loop.run(seed)
    else:
        with VideoWriter(videos / f'seed_{seed}.mp4', fps=loop.frame_hz) as video:
            result = loop.run(seed, lambda images: video.write(next(iter(images.values()))))
    return diagnosed(result, diagnosis.alarms)


def require_loop(settings: dict[str, Any], keep: bool) -> PolicyIdentity:
    """Build the loop of these settings, so that a wrong name is told before anything is written.

    Returns:
        What its policy is.

    Args:
        settings: of `build_loop`.
        keep: have `run_episode` take this one; otherwise other processes build theirs.

    Raises:
        VlaError: a name is unknown, or something cannot be built.
    """
    _, _, identity = _watched_loop(json.dumps(settings, sort_keys=True))
    if not keep:
        _forget()
    return identity


def _watched_loop(text: str) -> _Watched:
    """Return the loop of these settings; only the last one is kept."""
    if text not in _kept:
        _forget()
        _kept[text] = _build_watched(json.loads(text))
    return _kept[text]


def _forget() -> None:
    """Drop the loop that is kept; a remote policy would keep its place on the server else."""
    for loop, _, _ in _kept.values():
        loop.close()
    _kept.clear()


def _build_watched(settings: dict[str, Any]) -> _Watched:
    deployment = loop_deployment(settings)
    world = World(deployment, load_domain(settings['randomization']))
    policy, identity = _identified_policy(settings, deployment)
    healthy, training = find_healthy(deployment, identity), find_training(deployment, identity)
    diagnosis = diagnosis_of(deployment, healthy, training)
    return _loop(settings, world, policy, (diagnosis,)), diagnosis, identity


def build_loop(settings: dict[str, Any], observers: Sequence[CycleObserver] = ()) -> ClosedLoop:
    """Build world, policy and filter; observers watch every cycle.

    Raises:
        VlaError: one of them cannot be built; nothing has been written.
    """
    deployment = loop_deployment(settings)
    world = World(deployment, load_domain(settings['randomization']))
    policy, _ = _identified_policy(settings, deployment)
    return _loop(settings, world, policy, observers)


def _identified_policy(
    settings: dict[str, Any], deployment: Deployment
) -> tuple[Policy, PolicyIdentity]:
    if deployment.policy.backend not in _WITHOUT_TORCH:
        _use_one_thread()
    return load_identified(deployment, settings['device'], settings['precision'])


def _loop(
    settings: dict[str, Any], world: World, policy: Policy, observers: Sequence[CycleObserver]
) -> ClosedLoop:
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
    parts = {part: settings[part] for part in PARTS}
    return load_deployment(**parts, allow_code=settings.get('allow_code', ()))


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
