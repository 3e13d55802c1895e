"""What a manifest says of the world that its episode is from, and whether another is the same."""

from dataclasses import asdict
import hashlib
from importlib.metadata import version
import json
import math
from typing import Any

from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import SimError
from vla_sim_bridge.scene.simulated_task import simulated_task, SimulatedTask
from vla_sim_bridge.tasks.start import Start

# What a manifest has values of, or what leaves them as they are.
_DRAWN = ('home_jitter_rad', 'instruction', 'paraphrases', 'held_out', 'areas', 'expert', 'folder')

Manifest = dict[str, Any]


def world_facts(deployment: Deployment) -> Manifest:
    """Return what must be the same for an episode to be: robot, cell, task, rate and MuJoCo."""
    return {
        'robot': deployment.cell.robot.name,
        'cell': deployment.cell.name,
        'cell_sha256': deployment.cell.sha256,
        'task': deployment.task.name,
        'task_sha256': _task_sha256(deployment),
        # Actions get their noise at this rate.
        'rate_hz': deployment.policy.rate_hz,
        'mujoco': version('mujoco'),
    }


def require_same_world(manifest: Manifest, facts: Manifest) -> None:
    """Refuse the manifest of another world.

    Args:
        manifest: to replay.
        facts: of the world that is to replay it, as `world_facts` returns them.

    Raises:
        SimError: names what differs.
    """
    if not isinstance(manifest, dict):
        raise SimError(f'manifest: found {type(manifest).__name__}; allowed: that of an episode')
    for name, expected in facts.items():
        found = manifest.get(name)
        if found != expected:
            raise SimError(
                f'manifest: {name}: found {_short(found)}; this world has {_short(expected)}: '
                'replay the episode where it was recorded'
            )


def seed_of(manifest: Manifest) -> int:
    """Return the seed of a manifest.

    Raises:
        SimError: it has none.
    """
    seed = manifest.get('seed')
    if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
        raise SimError(f'manifest: seed: found {seed}; allowed: a whole number from 0 on')
    return seed


def start_of(manifest: Manifest, own: Start) -> Start:
    """Return how the episode of a manifest begins.

    Args:
        manifest: of the episode.
        own: a start of this world, for the names and kinds of its values.

    Raises:
        SimError: a value is missing, or is no finite number where it should be one.
    """
    start = manifest.get('values')
    if not isinstance(start, dict):
        raise SimError('manifest without values: it says nothing of how its episode begins')
    for name, entry in own.items():
        found = start.get(name)
        value = found.get('value') if isinstance(found, dict) else None
        if not _is_like(value, entry['value']):
            raise SimError(
                f'manifest: values.{name}: found {value}; allowed: one like {entry["value"]}'
            )
    return start


def _is_like(value: Any, example: Any) -> bool:
    if isinstance(example, str):
        return isinstance(value, str)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value)


def _short(value: Any) -> str:
    text = 'nothing' if value is None else str(value)
    return text[:8] if len(text) == 64 else text


def _task_sha256(deployment: Deployment) -> str:
    """Hash what the task puts there and how it is simulated, but not what is drawn anew.

    So episodes may be replayed where objects are drawn from another area.
    """
    task: SimulatedTask = simulated_task(deployment.task)
    facts = asdict(task)
    for name in _DRAWN:
        facts.pop(name)
    for said in facts['objects'].values():
        # Of the words by which terms address objects a manifest has what they came to.
        said.pop('tags')
    # Drifts last until then.
    facts['time_limit_s'] = deployment.task.time_limit_s
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
