from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from vla_lerobot.features import ACTION, STATE
from vla_lerobot.frames import open_dataset
from vla_lerobot.testing import smooth_motion
from vla_sim_bridge.demonstrations.recording import write_dataset


def test_quantiles_are_those_of_all_frames(deployment, tmp_path):
    """LeRobot averages those of the episodes, its issue 4156."""

    class Store:
        def load(self, seed):
            path = seed * smooth_motion(deployment.cell, 10 * seed, seed).astype(np.float32)
            image = np.full((96, 96, 3), 40 * seed, dtype=np.uint8)
            said = {'observation.images.top': image, 'task': 'lift'}
            frames = [{STATE: now, ACTION: then, **said} for now, then in pairwise(path)]
            return SimpleNamespace(frames=frames, manifest={'seed': seed})

    assert write_dataset(Store(), [1, 2, 3], deployment, tmp_path / 'lift') == 60
    dataset = open_dataset(tmp_path / 'lift')
    actions = np.asarray(dataset.hf_dataset.with_format('numpy')[:][ACTION], dtype=float)
    for name, share in (('q01', 0.01), ('q50', 0.5), ('q99', 0.99)):
        wanted = np.quantile(actions, share, axis=0)
        assert dataset.meta.stats[ACTION][name] == pytest.approx(wanted, abs=1e-6)
