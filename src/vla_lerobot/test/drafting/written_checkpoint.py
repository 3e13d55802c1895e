"""Files of a LeRobot checkpoint and of a dataset's description, without network or frames."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from safetensors.numpy import save_file
from vla_lerobot.features import ACTION, STATE


def statistics(low, high, mean=None, std=None):
    """Return the statistics of a column between two ends."""
    low, high = np.asarray(low, np.float32), np.asarray(high, np.float32)
    mean = (low + high) / 2 if mean is None else np.asarray(mean, np.float32)
    std = (high - low) / 4 if std is None else np.asarray(std, np.float32)
    return {'min': low, 'max': high, 'mean': mean, 'std': std}


def write_checkpoint(folder: Path, state, action, cameras=(), names=None, **more):
    """Write config.json, processors and train_config.json.

    Args:
        folder: of the checkpoint.
        state: statistics of the state.
        action: statistics of the action.
        cameras: features of its images.
        names: LeRobot's action_feature_names.
        more: `training` for train_config.json, `steps` that the pre-processor begins with, and
            keys of config.json.
    """
    folder.mkdir(parents=True, exist_ok=True)
    training, steps = more.pop('training', None), more.pop('steps', [])
    inputs = {key: {'type': 'VISUAL', 'shape': [3, 48, 64]} for key in cameras}
    inputs[STATE] = {'type': 'STATE', 'shape': [len(state['min'])]}
    config = {
        'type': 'act',
        'input_features': inputs,
        'output_features': {ACTION: {'type': 'ACTION', 'shape': [len(action['min'])]}},
        'action_feature_names': names,
        **more,
    }
    (folder / 'config.json').write_text(json.dumps(config))
    for name, step in (('policy_preprocessor', 'normalizer'), ('policy_postprocessor', 'un')):
        file = f'{name}_{step}.safetensors'
        flat = {f'{STATE}.{k}': v for k, v in state.items()}
        save_file(flat | {f'{ACTION}.{k}': v for k, v in action.items()}, folder / file)
        own = [{'registry_name': step, 'config': {}, 'state_file': file}]
        own = [*steps, *own] if step == 'normalizer' else own
        (folder / f'{name}.json').write_text(json.dumps({'name': name, 'steps': own}))
    if training is not None:
        (folder / 'train_config.json').write_text(json.dumps(training))
    return folder


def write_description(root: Path, names, width, rows=None, **more):
    """Write meta/info.json of a dataset, and its state and action where rows are given.

    Args:
        root: of the dataset.
        names: of state and action, in any form that LeRobot writes; by key for two.
        width: of both.
        rows: state and action, shape (N, width) each.
        more: other keys of info.json.
    """
    both = names if isinstance(names, dict) and STATE in names else {STATE: names, ACTION: names}
    features = {
        key: {'dtype': 'float32', 'shape': [width], 'names': both[key]} for key in (STATE, ACTION)
    }
    features |= more.pop('features', {})
    info = {'codebase_version': 'v3.0', 'total_episodes': 1, 'fps': 30, 'features': features}
    (root / 'meta').mkdir(parents=True)
    (root / 'meta' / 'info.json').write_text(json.dumps({**info, **more}))
    if rows is not None:
        table = pa.table(
            {
                STATE: [list(map(float, row)) for row in rows[0]],
                ACTION: [list(map(float, row)) for row in rows[1]],
                'episode_index': [0] * len(rows[0]),
            }
        )
        (root / 'data' / 'chunk-000').mkdir(parents=True)
        pq.write_table(table, root / 'data' / 'chunk-000' / 'file-000.parquet')
    return root
