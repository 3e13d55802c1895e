"""A tiny robot dataset and a tiny policy, made in a second."""

import json
from pathlib import Path

import numpy as np
from vla_contract.deployment.deployment import load_deployment
from vla_lerobot.checkpoints.manifest import MANIFEST
from vla_lerobot.features import ACTION, dataset_features, STATE
from vla_lerobot.instruction_embedding import DEFAULT_ENCODER, ENVIRONMENT_STATE
from vla_lerobot.testing import smooth_motion

FEATURE = 'observation.images.top'
LENGTHS = (12, 10, 14, 11)


def record(
    root: Path,
    extra=None,
    lengths=LENGTHS,
    seed=0,
    order=slice(None),
    tasks=('move',),
    motions=1000,
):
    """Write a dataset whose state follows its action by one frame; `extra(episode, frame)`.

    Joints are listed in `order`; episodes have the tasks in turn, and begin again with their
    motions after so many.
    """
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
        path = task_motion(cell, length, seed + episode % motions)
        for frame in range(length):
            sample = {STATE: path[frame][order], ACTION: path[frame + 1][order]}
            sample['task'] = tasks[episode % len(tasks)]
            sample[FEATURE] = picture(path[frame], rng)
            if extra is not None:
                sample['intervention'] = np.array([extra(episode, frame)])
            dataset.add_frame(sample)
        dataset.save_episode()
    dataset.finalize()
    rename(root, lambda names: list(np.array(names)[order]))
    return root


def task_motion(cell, length, seed):
    """Return a motion like those of the other seeds, the gripper closes; shape (length + 1, D)."""
    path = 0.85 * smooth_motion(cell, length, 1000) + 0.15 * smooth_motion(cell, length, seed)
    path[:, cell.grippers] = np.linspace(0.0, 0.4, length + 1)[:, None]
    return path.astype(np.float32)


def picture(joints, rng):
    """Draw a bar for every joint, as high as it stands, with the noise of a camera."""
    image = np.repeat(np.linspace(60, 120, 96)[None, :, None], 96, axis=0).repeat(3, axis=2)
    for number, joint in enumerate(joints):
        height = int(np.clip(48 + 12 * joint, 2, 94))
        image[96 - height :, 12 * number : 12 * number + 9] = (220, 30 * number, 40)
    return np.clip(image + rng.normal(0, 2, image.shape), 0, 255).astype(np.uint8)


def rename(root: Path, change) -> None:
    """Write other names of state and action into a dataset, `change(names)`."""
    path = root / 'meta' / 'info.json'
    info = json.loads(path.read_text())
    for key in (STATE, ACTION):
        info['features'][key]['names'] = change(info['features'][key]['names'])
    path.write_text(json.dumps(info))


def tiny_act(folder: Path, dataset_root: Path, embedding: int = 0, **changes) -> Path:
    """Write a checkpoint of a very small ACT, with noise inside: dropout and a latent.

    With the length of an `embedding` it is told its instruction by the default encoder.
    """
    from lerobot.policies.act.modeling_act import ACTPolicy
    from lerobot.policies.factory import make_pre_post_processors
    import torch
    from vla_finetune.act.act_training import act_config
    from vla_lerobot.frames import open_dataset

    config = act_config(load_deployment(), embedding)
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
    if embedding:
        ones = np.ones(embedding, np.float32)
        stats = {**stats, ENVIRONMENT_STATE: {'mean': 0.01 * ones, 'std': 0.05 * ones}}
    preprocess, postprocess = make_pre_post_processors(config, dataset_stats=stats)
    for part in (policy, preprocess, postprocess):
        part.save_pretrained(folder)
    if embedding:
        manifest = {'instruction_encoder': DEFAULT_ENCODER}
        (folder / MANIFEST).write_text(json.dumps(manifest))
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
