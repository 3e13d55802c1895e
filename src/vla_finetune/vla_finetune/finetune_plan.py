"""From the settings of a fine-tuning to its plan: everything is checked before it is trained."""

from dataclasses import replace
import json
from pathlib import Path
from typing import Any

from vla_contract.cli.deployment_arguments import PARTS
from vla_contract.deployment.deployment import Deployment, load_deployment
from vla_finetune.data.checked_dataset import open_checked
from vla_finetune.data.one_task import require_one_task
from vla_finetune.data.trained_statistics import trained_statistics
from vla_finetune.data.training_data import prepare_data, TrainingData
from vla_finetune.finetune_settings import FinetuneSettings, KEEP, require_comparable
from vla_finetune.learner import load_policy_config
from vla_finetune.training import TrainingPlan
from vla_lerobot.checkpoints.data_only import require_data_only, require_known_steps
from vla_lerobot.checkpoints.instruction_encoder import load_instruction_encoder
from vla_lerobot.checkpoints.manifest import read_manifest
from vla_lerobot.checkpoints.remote_code import refuse_remote_code
from vla_lerobot.checkpoints.source import checkpoint_folder, resolve_checkpoint
from vla_lerobot.compatibility import require_same_meaning, vector_meaning
from vla_lerobot.lerobot_import import quiet_lerobot, skip_unneeded_extras

_GB = 1e9


def make_plan(settings: FinetuneSettings, folder: Path) -> TrainingPlan:
    """Load and check everything that a training needs.

    Args:
        settings: of the command.
        folder: where checkpoints will go.

    Raises:
        VlaError: checkpoint, datasets and deployment do not fit each other, or episodes are bad.
    """
    import torch

    require_comparable(settings)
    if settings.threads:
        torch.set_num_threads(settings.threads)
    deployment = load_deployment(**{part: getattr(settings, part) for part in PARTS})
    checkpoint = checkpoint_folder(resolve_checkpoint(deployment.policy.source))
    require_data_only(checkpoint, deployment.policy.source, deployment.allow_code)
    source = str(checkpoint)
    manifest = read_manifest(source)
    require_same_meaning(deployment, source, manifest)
    prepare_imports(source, settings.lora_rank > 0)
    # After it: transformers, which this imports where the policy needs it, takes four seconds.
    refuse_remote_code(deployment.allow_code)
    policy = load_policy_config(source, settings.device)
    require_known_steps(checkpoint, deployment.policy.source, deployment.allow_code)
    encoder = load_instruction_encoder(source, policy)
    paths = [path for path in (settings.real, settings.sim) if path]
    # The same part for each, so that together they keep to what was allowed.
    memory = settings.memory_gb * _GB / len(paths)
    datasets = [
        open_checked(path, deployment, policy, memory, settings.skip_bad, encoder)
        for path in paths
    ]
    real, sim = datasets[0], datasets[1] if len(datasets) > 1 else None
    data = prepare_data(settings, real, sim)
    require_one_task(policy, data)
    in_memory = all(checked.is_in_memory for checked in datasets)
    return TrainingPlan(
        settings=settings,
        folder=folder,
        source=source,
        metadata=real.order.metadata(real.dataset.meta),
        samples=torch.utils.data.ConcatDataset([checked.samples for checked in datasets]),
        loaders=0 if in_memory else settings.loaders,
        data=data,
        statistics=None if settings.statistics == KEEP else trained_statistics(data, policy),
        manifest={
            **describe(settings, deployment, data),
            **({'instruction_encoder': encoder.name} if encoder else {}),
            'before': manifest,
        },
        meaning=replace(
            deployment.policy, name=folder.resolve().name, backend='lerobot', source='.'
        ),
        notes=tuple(note for checked in datasets for note in checked.order.notes),
    )


def prepare_imports(source: str, has_adapters: bool) -> None:
    """Have LeRobot import only what a checkpoint needs; to be called before its first import."""
    quiet_lerobot()
    config = Path(source) / 'config.json'
    policy_type = json.loads(config.read_text()).get('type', '') if config.is_file() else ''
    is_adapter = (Path(source) / 'adapter_config.json').is_file()
    skip_unneeded_extras(policy_type, has_adapters or is_adapter)


def describe(
    settings: FinetuneSettings, deployment: Deployment, data: TrainingData
) -> dict[str, Any]:
    """Return what a checkpoint's manifest says about where it comes from."""
    datasets = {'real': data.real, 'sim': data.sim}
    cell, policy = deployment.cell, deployment.policy
    return {
        'robot': cell.robot.name,
        'cell': cell.name,
        'cell_sha256': cell.sha256,
        **vector_meaning(deployment),
        'fps': policy.rate_hz,
        'finetuned_from': policy.source,
        'datasets': {
            name: {
                'path': str(checked.dataset.root),
                **checked.roles.by_role(),
                'left_out': {str(episode): list(why) for episode, why in checked.bad.items()},
            }
            for name, checked in datasets.items()
            if checked is not None
        },
        'sample_shares': {pool.name: pool.share for pool in data.pools},
        'held_out_episodes': list(data.held_out_episodes),
        'is_validated': bool(data.held_out_episodes),
        'copies_left_out': list(data.copies),
        'steps': settings.steps,
        'batch': settings.batch,
        'learning_rate': settings.learning_rate,
        'statistics': settings.statistics,
        'bf16': settings.bf16,
        'seed': settings.seed,
    }
