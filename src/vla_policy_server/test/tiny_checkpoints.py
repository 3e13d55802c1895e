"""Tiny checkpoints of LeRobot's policy types with random weights, written with its own classes."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from policy_changes import with_policy
from tiny_language import CLIP_SIZE, write_tiny_clip, write_tiny_vlm
from vla_contract.deployment.deployment import Deployment
from vla_lerobot.lerobot_import import skip_unneeded_extras

SIZE = 64
"""Of the images [px]."""

_CONVOLUTIONS = {'pretrained_backbone_weights': None, 'use_group_norm': True}
_PI = {'chunk_size': 12, 'n_action_steps': 6, 'num_inference_steps': 3, 'dtype': 'float32'}
_SMALL: dict[str, dict[str, Any]] = {
    'act': {
        'chunk_size': 12,
        'n_action_steps': 6,
        'dim_model': 32,
        'n_heads': 2,
        'dim_feedforward': 32,
        'n_encoder_layers': 1,
        'use_vae': False,
        'pretrained_backbone_weights': None,
    },
    'diffusion': {
        'horizon': 16,
        'n_action_steps': 6,
        'down_dims': (16, 32),
        'n_groups': 8,
        'num_inference_steps': 3,
        'spatial_softmax_num_keypoints': 8,
        'crop_ratio': 1.0,
        **_CONVOLUTIONS,
    },
    'vqbet': {
        'action_chunk_size': 6,
        'gpt_n_layer': 1,
        'gpt_n_head': 2,
        'gpt_hidden_dim': 32,
        'gpt_input_dim': 32,
        'gpt_output_dim': 32,
        'vqvae_enc_hidden_dim': 32,
        'vqvae_embedding_dim': 32,
        'crop_shape': (56, 56),
        **_CONVOLUTIONS,
    },
    'multi_task_dit': {
        'horizon': 16,
        'n_action_steps': 6,
        'num_layers': 1,
        'num_heads': 2,
        'hidden_dim': 32,
        'image_crop_shape': (CLIP_SIZE, CLIP_SIZE),
        'num_inference_steps': 3,
    },
    'tdmpc': {
        'horizon': 5,
        'n_action_steps': 1,
        'n_action_repeats': 1,
        'mlp_dim': 32,
        'state_encoder_hidden_dim': 32,
        'n_gaussian_samples': 16,
        'n_pi_samples': 4,
        'n_elites': 8,
        'cem_iterations': 2,
    },
    'smolvla': {
        'chunk_size': 12,
        'n_action_steps': 6,
        'num_vlm_layers': 2,
        'num_steps': 3,
        'load_vlm_weights': False,
    },
    'pi0': {**_PI},
    'pi05': {**_PI},
    'gaussian_actor': {},
}


def deployment_of(deployment: Deployment, source: Path, feature: str = '') -> Deployment:
    """Return a deployment whose policy is a tiny checkpoint with images of its size."""
    cameras = [replace(c, width=SIZE, height=SIZE) for c in deployment.policy.cameras]
    if feature:
        cameras = [replace(camera, feature=feature) for camera in cameras]
    return with_policy(deployment, source=str(source), cameras=tuple(cameras))


def write_checkpoint(deployment: Deployment, kind: str, folder: Path, **changes: Any) -> Path:
    """Write a checkpoint that fits a deployment of `deployment_of`.

    Args:
        deployment: names of joints, and the feature of its camera.
        kind: LeRobot's name of the type.
        folder: where to write; tokenizers that it needs go beside it.
        changes: of its configuration.
    """
    skip_unneeded_extras(kind)
    from lerobot.configs import FeatureType, PolicyFeature
    from lerobot.policies.factory import (
        get_policy_class,
        make_policy_config,
        make_pre_post_processors,
    )
    import torch

    torch.manual_seed(0)
    policy, width = deployment.policy, len(deployment.policy.state_names)
    features = [camera.feature for camera in policy.cameras]
    inputs = {
        **{name: PolicyFeature(FeatureType.VISUAL, (3, SIZE, SIZE)) for name in features},
        'observation.state': PolicyFeature(FeatureType.STATE, (width,)),
    }
    config = make_policy_config(
        kind,
        input_features=inputs,
        output_features={'action': PolicyFeature(FeatureType.ACTION, (width,))},
        device='cpu',
        push_to_hub=False,
        **{**_SMALL.get(kind, {}), **_LANGUAGE.get(kind, lambda _: {})(folder), **changes},
    )
    config.validate_features()
    network = get_policy_class(kind)(config)
    if kind == 'vqbet':
        network.vqbet.action_head.vqvae_model.discretized.fill_(True)
    for weights in network.parameters():
        if not weights.any():  # DiT's begin as zeros, and look at nothing
            torch.nn.init.normal_(weights, std=0.1)
    pipelines = make_pre_post_processors(config, dataset_stats=statistics(width, features))
    network.eval().save_pretrained(folder)
    for pipeline in pipelines:
        pipeline.save_pretrained(folder)
    return folder


def statistics(width: int, cameras: list[str]) -> dict[str, dict[str, Any]]:
    """Return statistics of a data set near the home pose of the shipped robot."""
    import torch

    home = np.resize([0.0, 0.15, 0.05, -2.15, -0.1, 2.3, 0.785, 0.02], width)
    spread = np.resize([0.25, 0.3, 0.2, 0.3, 0.25, 0.35, 0.3, 0.01], width)
    stats = {
        name: {
            'mean': home + offset,
            'std': spread,
            'min': home - 2.4 * spread,
            'max': home + 2.4 * spread,
            'q01': home - 2.3 * spread,
            'q99': home + 2.3 * spread,
        }
        for name, offset in (('observation.state', 0.0), ('action', 0.001))
    }
    colours = {'mean': (0.4, 0.5, 0.6), 'std': (0.2, 0.25, 0.3), 'min': 3 * (0,), 'max': 3 * (1,)}
    for name in cameras:
        stats[name] = {key: np.reshape(values, (3, 1, 1)) for key, values in colours.items()}
    return {
        name: {key: torch.tensor(values, dtype=torch.float32) for key, values in entry.items()}
        for name, entry in stats.items()
    }


def _clip(folder: Path) -> dict[str, Any]:
    clip = str(write_tiny_clip(folder.with_name(folder.name + '_clip')))
    return {'vision_encoder_name': clip, 'text_encoder_name': clip}


def _vlm(folder: Path) -> dict[str, Any]:
    return {'vlm_model_name': str(write_tiny_vlm(folder.with_name(folder.name + '_vlm')))}


_LANGUAGE: dict[str, Callable[[Path], dict[str, Any]]] = {'multi_task_dit': _clip, 'smolvla': _vlm}
