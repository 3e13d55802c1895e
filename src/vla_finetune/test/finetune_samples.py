"""A tiny robot dataset and a tiny policy, made in a second."""

from pathlib import Path

import numpy as np
from vla_contract.deployment.deployment import load_deployment
from vla_lerobot.features import ACTION, dataset_features, STATE
from vla_lerobot.testing import smooth_motion

FEATURE = 'observation.images.top'
LENGTHS = (12, 10, 14, 11)


def record(root: Path, extra=None, lengths=LENGTHS, seed=0):
    """Write a dataset whose state follows its action by one frame; `extra(episode, frame)`."""
    from lerobot.datasets import LeRobotDataset

    deployment = load_deployment()
    cell = deployment.cell
    features = dataset_features(deployment)
    if extra is not None:
        features['intervention'] = {'dtype': 'bool', 'shape': (1,), 'names': None}
    dataset = LeRobotDataset.create(
        f'local/{root.name}', 10, features, root=root, robot_type=cell.robot.name, use_videos=False
    )
    rng = np.random.default_rng(seed)
    for episode, length in enumerate(lengths):
        path = smooth_motion(cell, length, seed + episode).astype(np.float32)
        for frame in range(length):
            sample = {STATE: path[frame], ACTION: path[frame + 1], 'task': 'move'}
            sample[FEATURE] = rng.integers(0, 255, (96, 96, 3), dtype=np.uint8)
            if extra is not None:
                sample['intervention'] = np.array([extra(episode, frame)])
            dataset.add_frame(sample)
        dataset.save_episode()
    dataset.finalize()
    return root


def tiny_act(folder: Path, dataset_root: Path, **changes) -> Path:
    """Write a checkpoint of a very small ACT, with noise inside: dropout and a latent."""
    from lerobot.policies.act.modeling_act import ACTPolicy
    from lerobot.policies.factory import make_pre_post_processors
    import torch
    from vla_finetune.act.act_training import act_config
    from vla_lerobot.frames import open_dataset

    config = act_config(load_deployment())
    small = {
        'chunk_size': 4,
        'n_action_steps': 2,
        'dim_model': 16,
        'n_heads': 2,
        'dim_feedforward': 16,
        'n_encoder_layers': 1,
        'latent_dim': 4,
        'n_vae_encoder_layers': 1,
        'use_vae': True,
        'dropout': 0.1,
        **changes,
    }
    for name, value in small.items():
        setattr(config, name, value)
    torch.manual_seed(0)
    policy = ACTPolicy(config)
    stats = open_dataset(dataset_root).meta.stats
    preprocess, postprocess = make_pre_post_processors(config, dataset_stats=stats)
    for part in (policy, preprocess, postprocess):
        part.save_pretrained(folder)
    return folder


def damage(root: Path, column: str, frame: int, value) -> None:
    """Overwrite one value of a dataset on the disk."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = root / 'data' / 'chunk-000' / 'file-000.parquet'
    table = pq.read_table(path)
    number = table.schema.get_field_index(column)
    kind = table.schema.field(number)
    values = table.column(number).to_pylist()
    values[frame] = value
    pq.write_table(table.set_column(number, kind, pa.array(values, type=kind.type)), path)
