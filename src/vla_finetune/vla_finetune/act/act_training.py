"""Trains a compact LeRobot ACT policy on a small dataset, on a CPU.

LeRobot's own `train` spends three quarters of a step in its data loader at this size; here the
frames stay in memory. Network, processors and checkpoint format are LeRobot's.
"""

import argparse
from collections.abc import Mapping
from dataclasses import replace
from itertools import zip_longest
from math import isfinite
from pathlib import Path
import time
from typing import Any

import numpy as np
import torch
from vla_contract.cli.command import write_json
from vla_contract.cli.deployment_arguments import deployment_of
from vla_contract.cli.progress import Progress
from vla_contract.deployment.deployment import Deployment
from vla_contract.deployment.policy_file import write_policy_file
from vla_contract.errors import VlaError
from vla_contract.vectors.vector_codec import VectorCodec
from vla_finetune.act.batch_norms import freeze, thaw
from vla_finetune.act.demonstrations import (
    blank_some,
    Demonstrations,
    load_demonstrations,
    vary_photometry,
)
from vla_finetune.act.descent import Descent, mean_of_last_tenth
from vla_finetune.act.grounding import ground
from vla_finetune.act.named_objects import load_named_objects
from vla_lerobot.checkpoints.manifest import MANIFEST
from vla_lerobot.compatibility import vector_meaning
from vla_lerobot.features import ACTION, STATE
from vla_lerobot.instruction_embedding import DEFAULT_ENCODER, ENVIRONMENT_STATE
from vla_lerobot.lerobot_import import quiet_lerobot, skip_unneeded_extras
from vla_lerobot.statistics import STD_FLOOR

CHUNK, EXECUTE = 16, 8


def act_config(deployment: Deployment, embedding: int = 0) -> Any:
    """Return the configuration of a 13 M parameter ACT for a deployment.

    Args:
        deployment: names and cameras of its policy.
        embedding: length of the instruction's embedding; 0 for a policy of one task.
    """
    from lerobot.configs.types import FeatureType, NormalizationMode, PolicyFeature
    from lerobot.policies.act.configuration_act import ACTConfig

    def visual(height: int, width: int) -> PolicyFeature:
        return PolicyFeature(type=FeatureType.VISUAL, shape=(3, height, width))

    policy = deployment.policy
    inputs = {feature: visual(*size) for feature, size in policy.image_sizes.items()}
    inputs[STATE] = PolicyFeature(type=FeatureType.STATE, shape=(len(policy.state_names),))
    if embedding:
        inputs[ENVIRONMENT_STATE] = PolicyFeature(type=FeatureType.ENV, shape=(embedding,))
    outputs = {ACTION: PolicyFeature(type=FeatureType.ACTION, shape=(len(policy.action_names),))}
    return ACTConfig(
        input_features=inputs,
        output_features=outputs,
        normalization_mapping=dict.fromkeys(
            ('VISUAL', 'STATE', 'ENV', 'ACTION'), NormalizationMode.MEAN_STD
        ),
        device='cpu',
        push_to_hub=False,
        chunk_size=CHUNK,
        n_action_steps=EXECUTE,
        pretrained_backbone_weights=None,
        dim_model=256,
        n_heads=8,
        dim_feedforward=512,
        n_encoder_layers=2,
        n_decoder_layers=1,
        use_vae=False,
        dropout=0.0,
    )


def fit(
    policy: Any,
    preprocess: Any,
    data: Demonstrations,
    grippers: Mapping[int, bool],
    args: argparse.Namespace,
) -> float:
    """Train in place; return the mean loss of the last tenth.

    Raises:
        VlaError: the loss is no longer a number.
    """
    rng = torch.Generator().manual_seed(args.seed)
    descent = Descent(policy, args.lr, args.steps)
    losses = []
    policy.train()
    with Progress(args.steps, 'steps') as progress:
        for _ in range(args.steps):
            frames = data.draw(args.batch, args.early_share, rng)
            batch = data.batch(frames, CHUNK)
            vary_photometry(batch, list(data.images), rng)
            blank_some(batch, data, grippers, args.blank_share, rng)
            with torch.autocast('cpu', torch.bfloat16, enabled=args.bf16):
                loss, _parts = policy.forward(preprocess(batch))
            losses.append(float(loss.detach()))
            if not isfinite(losses[-1]):
                raise VlaError(
                    f'the loss is {losses[-1]}: the training diverged, its data is finite; '
                    'lower --lr'
                )
            descent.step(loss)
            progress.update(note=f'loss {sum(losses[-50:]) / len(losses[-50:]):.4f}')
    return mean_of_last_tenth(losses)


def halve_weights(folder: Path) -> None:
    """Store the weights in fp16; loading widens them again."""
    from safetensors.torch import load_file, save_file

    path = folder / 'model.safetensors'
    weights = {
        key: value.half() if value.is_floating_point() else value
        for key, value in load_file(path).items()
    }
    save_file(weights, path, metadata={'format': 'pt'})


def require_one_meaning(deployment: Deployment) -> None:
    """Refuse a policy whose state is no action: frames that show nothing teach to stay there.

    Raises:
        VlaError: names what differs.
    """
    codec = VectorCodec(deployment)
    state, action = (
        tuple(zip(v.names, v.meanings, strict=True)) for v in (codec.state, codec.action)
    )
    if state != action:
        differing = next(pair for pair in zip_longest(state, action) if pair[0] != pair[1])
        found = ' and '.join(f'{name} in {meaning}' for name, meaning in filter(None, differing))
        raise VlaError(
            f'--blank-share: found state and action of policy {deployment.policy.name} with other '
            f'numbers ({found}); allowed: the same for both, or --blank-share 0'
        )


def closing_numbers(deployment: Deployment) -> dict[int, bool]:
    """Return where the grippers' numbers stand in an action, and whether a larger one closes."""
    cell, codec = deployment.cell, VectorCodec(deployment)
    found = {}
    for index in cell.grippers:
        ends = np.tile(cell.home, (2, 1))
        ends[:, index] = cell.joints[index].open, cell.joints[index].closed
        number = codec.action.names.index(cell.joint_names[index])
        is_open, closed = codec.action.encode(ends)[:, number]
        found[number] = bool(closed > is_open)
    return found


def train_act(args: argparse.Namespace) -> int:
    """Train and save a checkpoint into `args.output`.

    Raises:
        VlaError: the output folder exists, or the dataset does not fit the deployment.
    """
    if args.output.exists():
        raise VlaError(f'{args.output} exists; name a new folder, nothing was written')
    quiet_lerobot()
    skip_unneeded_extras('act')
    from lerobot.policies.act.modeling_act import ACTPolicy
    from lerobot.policies.factory import make_pre_post_processors

    deployment = deployment_of(args)
    cell, meaning = deployment.cell, deployment.policy
    if args.blank_share:
        require_one_meaning(deployment)
    data = load_demonstrations(args.dataset, deployment, STD_FLOOR, args.most_frames)
    for note in data.notes:
        print(f'note: {note}')
    objects = load_named_objects(args.dataset, data) if args.ground_steps else None
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    started = time.monotonic()
    embedding = 0 if data.instruction is None else data.instruction.shape[1]
    policy = ACTPolicy(act_config(deployment, embedding)).to(memory_format=torch.channels_last)
    preprocess, postprocess = make_pre_post_processors(policy.config, dataset_stats=data.stats)
    grippers = closing_numbers(deployment) if args.blank_share else {}
    thaw(policy)
    if objects:
        rng = torch.Generator().manual_seed(args.seed)
        found = ground(
            policy, preprocess, data, objects, args.ground_steps, args.lr, args.bf16, rng
        )
        print(f'grounded: finds the named object in {found:.1%} of the last scenes')
    loss = fit(policy, preprocess, data, grippers, args)
    freeze(policy)
    policy.save_pretrained(args.output)
    preprocess.save_pretrained(args.output)
    postprocess.save_pretrained(args.output)
    halve_weights(args.output)
    summary = {
        'robot': cell.robot.name,
        'cell': cell.name,
        'cell_sha256': cell.sha256,
        **vector_meaning(deployment),
        'fps': meaning.rate_hz,
        'dataset_frames': len(data.state),
        'steps': args.steps,
        'batch': args.batch,
        'bf16': args.bf16,
        'blank_share': args.blank_share,
        'early_share': args.early_share,
        'ground_steps': args.ground_steps,
        'seed': args.seed,
        'final_loss': loss,
        'train_wall_s': round(time.monotonic() - started, 1),
    }
    if embedding:
        summary['instruction_encoder'] = DEFAULT_ENCODER
    write_json(args.output / MANIFEST, summary)
    trained = replace(meaning, name=args.output.resolve().name, backend='lerobot', source='.')
    write_policy_file(args.output, trained)
    print(f'saved {args.output}: loss {loss:.4f} after {summary["train_wall_s"]} s')
    return 0
