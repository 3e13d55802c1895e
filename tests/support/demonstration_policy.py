"""A policy that goes on from the recorded frame whose joints are nearest, for rehearsals.

It needs no images and no training, and answers recorded frames with what was recorded: it passes
the checklist of a robot for which no policy was trained. Backend
'support.demonstration_policy:make'; its source is a dataset.
"""

from pathlib import Path

import numpy as np
from vla_contract.deployment.deployment import Deployment
from vla_contract.policy import Policy
from vla_contract.values import ActionChunk, Observation, to_ns, Vector
from vla_lerobot.features import STATE
from vla_lerobot.frames import open_dataset, recorded_actions
from vla_lerobot.vector_order import dataset_codec

_HORIZON = 16


class DemonstrationPolicy:
    """Follows the demonstrations of a dataset by the joints."""

    needs_images = False
    needs_extras: tuple[str, ...] = ()

    def __init__(
        self, deployment: Deployment, states: Vector, actions: Vector, episodes: Vector
    ) -> None:
        """Take the frames of all episodes.

        Args:
            deployment: the rate of the steps, and how far joints can go.
            states: measured joints, the cell's order, shape (T, D) [rad or m].
            actions: commanded joints, shape (T, D).
            episodes: number of the episode of each frame, shape (T,).
        """
        joints = deployment.cell.joints
        self._ranges = np.array([joint.upper - joint.lower for joint in joints])
        self._states, self._actions = states, actions
        self._last = np.array([np.flatnonzero(episodes == k)[-1] for k in episodes])
        self._period_ns = to_ns(1.0 / deployment.policy.rate_hz)

    def infer(self, observation: Observation) -> ActionChunk:
        """Return the recorded actions from the nearest frame on; the last one is held."""
        distances = np.abs((self._states - observation.state) / self._ranges).max(axis=1)
        nearest = int(np.argmin(distances))
        frames = np.minimum(nearest + np.arange(_HORIZON), self._last[nearest])
        return ActionChunk(observation.stamp_ns, self._period_ns, self._actions[frames])

    def reset(self) -> None:
        """Do nothing: it remembers nothing."""


def make(deployment: Deployment, device: str) -> Policy:
    """Build the policy from the dataset that the deployment's policy names as its source."""
    dataset = open_dataset(Path(deployment.policy.source))
    actions, episodes = recorded_actions(deployment, dataset)
    rows = dataset.hf_dataset.with_format('numpy').select_columns([STATE])
    states = dataset_codec(deployment, dataset, (STATE,)).decode_state(np.asarray(rows[STATE]))
    return DemonstrationPolicy(deployment, states, actions, episodes)
