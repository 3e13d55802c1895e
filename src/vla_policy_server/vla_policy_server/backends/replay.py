"""Replays the recorded actions of one episode: checks the whole road without a model."""

from pathlib import Path

import numpy as np
from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import PolicyError
from vla_contract.values import ActionChunk, Observation, to_ns, Vector
from vla_lerobot.frames import open_dataset, recorded_actions

_HORIZON = 16


class ReplayPolicy:
    """Plays recorded actions from the first observation on; holds the last one."""

    needs_images = False
    needs_extras: tuple[str, ...] = ()

    def __init__(self, deployment: Deployment, actions: Vector) -> None:
        """Take the actions of an episode, the cell's order, shape (T, D)."""
        self._actions = actions
        self._period_ns = to_ns(1.0 / deployment.policy.rate_hz)
        self._start_ns: int | None = None

    def infer(self, observation: Observation) -> ActionChunk:
        """Return the next actions by the time since the episode began."""
        if self._start_ns is None:
            self._start_ns = observation.stamp_ns
        first = (observation.stamp_ns - self._start_ns) // self._period_ns
        frames = np.minimum(first + np.arange(_HORIZON), len(self._actions) - 1)
        stamp_ns = self._start_ns + first * self._period_ns
        return ActionChunk(stamp_ns, self._period_ns, self._actions[frames])

    def reset(self) -> None:
        """Start over at the next observation."""
        self._start_ns = None


def make_replay(deployment: Deployment, device: str) -> ReplayPolicy:
    """Build the policy; its source is 'DATASET' or 'DATASET:EPISODE'.

    Raises:
        ResourceNotFoundError: there is no dataset.
        NameMismatchError: its action names are not the cell's joints.
        PolicyError: it has no such episode, or another rate than the policy file.
    """
    folder, _, episode_text = deployment.policy.source.partition(':')
    root = Path(folder).expanduser()
    dataset = open_dataset(root)
    rate_hz = deployment.policy.rate_hz
    if dataset.fps != rate_hz:
        raise PolicyError(f'{root} has {dataset.fps} fps, the policy file {rate_hz:g}')
    actions, episodes = recorded_actions(deployment, dataset)
    episode = int(episode_text) if episode_text.isdigit() else 0
    if episode >= dataset.num_episodes or not (episode_text.isdigit() or not episode_text):
        raise PolicyError(
            f"{root}: no episode '{episode_text}'; it has 0 to {dataset.num_episodes - 1}"
        )
    return ReplayPolicy(deployment, actions[episodes == episode])
