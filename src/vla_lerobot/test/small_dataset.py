"""A small LeRobotDataset on the disk, with images or a video, in a second."""

import json
from pathlib import Path

import numpy as np
from vla_contract.deployment.deployment import load_deployment
from vla_lerobot.features import ACTION, dataset_features, STATE
from vla_lerobot.testing import smooth_motion

TOP = 'observation.images.top'
LENGTHS = (9, 14, 7)


def record(root: Path, use_videos: bool = False, seed: int = 0) -> Path:
    """Write three episodes; the second moves twice as far as the others."""
    from lerobot.datasets import LeRobotDataset

    deployment = load_deployment()
    features = dataset_features(deployment)
    if use_videos:
        features[TOP] = {**features[TOP], 'dtype': 'video'}
    dataset = LeRobotDataset.create(
        f'local/{root.name}',
        10,
        features,
        root=root,
        robot_type=deployment.cell.robot.name,
        use_videos=use_videos,
    )
    rng = np.random.default_rng(seed)
    for episode, length in enumerate(LENGTHS):
        path = smooth_motion(deployment.cell, length, seed + episode).astype(np.float32)
        path *= 2.0 if episode == 1 else 1.0
        for frame in range(length):
            image = rng.integers(0, 100 * (episode + 1), (96, 96, 3)).astype(np.uint8)
            dataset.add_frame(
                {STATE: path[frame], ACTION: path[frame + 1], TOP: image, 'task': 'move'}
            )
        dataset.save_episode()
    dataset.finalize()
    return root


def change_info(root: Path, **changes) -> None:
    """Write other values into meta/info.json."""
    path = root / 'meta' / 'info.json'
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
