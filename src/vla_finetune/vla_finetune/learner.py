"""A policy with everything that trains it, built from LeRobot's own parts and presets."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from torch import nn
from vla_contract.errors import PolicyError, PolicyMismatchError
from vla_finetune.finetune_settings import FinetuneSettings
from vla_lerobot.checkpoints.checks import check_statistics, normalised
from vla_lerobot.instruction_embedding import ENVIRONMENT_STATE
from vla_lerobot.statistics import Statistics

# In the names of LeRobot's policies, what encodes images.
_VISION = ('backbone', 'vision', 'rgb_encoder', 'image_encoder', 'visual')
# Part of the steps in which the rate rises, at most; short trainings would only warm up.
_WARM_UP_SHARE = 0.05


@dataclass
class Learner:
    """A policy in training.

    Attributes:
        config: LeRobot's description of the training, saved with each checkpoint.
        policy: LeRobot's policy, or adapters around it.
        preprocess: pipeline from a batch to the network.
        postprocess: pipeline from the network to actions.
        optimizer: torch optimizer.
        scheduler: of its learning rate.
    """

    config: Any
    policy: Any
    preprocess: Any
    postprocess: Any
    optimizer: Any
    scheduler: Any


def build_learner(
    settings: FinetuneSettings, source: str, metadata: Any, statistics: Statistics | None
) -> Learner:
    """Load a checkpoint and prepare to train it.

    Args:
        settings: of the training.
        source: folder or hub id of the checkpoint; one of this training, to go on.
        metadata: LeRobot's, of the dataset of the robot.
        statistics: to normalise with; None for the checkpoint's own.

    Raises:
        PolicyError: nothing in it can be frozen or adapted as the settings want, or it lacks
            statistics that it normalises with.
    """
    from lerobot.configs.default import DatasetConfig
    from lerobot.configs.train import TrainPipelineConfig
    from lerobot.optim.factory import make_optimizer_and_scheduler
    from lerobot.policies.factory import make_policy

    policy_config = load_policy_config(source, settings.device)
    set_rates(policy_config, settings.learning_rate, settings.steps)
    if settings.freeze_vision and hasattr(policy_config, 'freeze_vision_encoder'):
        policy_config.freeze_vision_encoder = True
    policy = make_policy(policy_config, ds_meta=metadata)
    if settings.freeze_vision:
        freeze_vision(policy)
    config = TrainPipelineConfig(
        dataset=DatasetConfig(repo_id=metadata.repo_id, root=str(metadata.root)),
        policy=policy_config,
        steps=settings.steps,
        batch_size=settings.batch,
        seed=settings.seed,
        optimizer=policy_config.get_optimizer_preset(),
        scheduler=policy_config.get_scheduler_preset() or cosine(settings),
    )
    if settings.lora_rank:
        config.peft = lora_config(policy, settings.lora_rank)
        if not policy_config.use_peft:
            policy = policy.wrap_with_peft(peft_cli_overrides=asdict(config.peft))
    preprocess, postprocess = load_processors(policy_config, source, statistics)
    try:
        check_statistics(source, preprocess, postprocess)
    except PolicyMismatchError as error:
        raise PolicyMismatchError(f'{error}; --statistics recompute computes them') from error
    optimizer, scheduler = make_optimizer_and_scheduler(config, policy)
    return Learner(config, policy, preprocess, postprocess, optimizer, scheduler)


def load_policy_config(source: str, device: str) -> Any:
    """Return LeRobot's configuration of a checkpoint, pointed at its weights."""
    from lerobot.configs import PreTrainedConfig
    import lerobot.policies  # noqa: F401 - the types of policies register themselves

    config = PreTrainedConfig.from_pretrained(source)
    config.pretrained_path = Path(source)
    config.device = device
    config.push_to_hub = False
    return config


def set_rates(config: Any, learning_rate: float, steps: int) -> None:
    """Scale every rate of a policy's presets by one factor, and fit its schedule to the steps."""
    factor = learning_rate / config.optimizer_lr
    for name, value in vars(config).items():
        if name.startswith('optimizer_lr') or name == 'scheduler_decay_lr':
            setattr(config, name, value * factor)
    if hasattr(config, 'scheduler_decay_steps'):
        config.scheduler_decay_steps = steps
    if hasattr(config, 'scheduler_warmup_steps'):
        longest = round(_WARM_UP_SHARE * steps)
        config.scheduler_warmup_steps = min(config.scheduler_warmup_steps, longest)


def cosine(settings: FinetuneSettings) -> Any:
    """Return the schedule for policies whose preset has none, as ACT.

    Annealing is what makes the last steps count: at a constant rate the weights keep jumping.
    """
    from lerobot.optim import CosineDecayWithWarmupSchedulerConfig

    return CosineDecayWithWarmupSchedulerConfig(
        num_warmup_steps=min(100, round(_WARM_UP_SHARE * settings.steps)),
        num_decay_steps=settings.steps,
        peak_lr=settings.learning_rate,
        decay_lr=0.02 * settings.learning_rate,
    )


def load_processors(config: Any, source: str, statistics: Statistics | None) -> tuple[Any, Any]:
    """Return the checkpoint's pipelines, with other statistics where they are given.

    Those of instructions stay what they were: they come from the encoder, not from a robot.
    """
    from lerobot.policies.factory import make_pre_post_processors

    overrides: dict[str, Any] = {'device_processor': {'device': config.device}}
    after: dict[str, Any] = {}
    if statistics is not None:
        if ENVIRONMENT_STATE in config.input_features and ENVIRONMENT_STATE not in statistics:
            trained, _ = load_processors(config, source, None)
            known = {key: entry for key, entry, *_ in normalised(trained)}
            statistics = {**statistics, ENVIRONMENT_STATE: known[ENVIRONMENT_STATE]}
        overrides['normalizer_processor'] = {'stats': statistics}
        after['unnormalizer_processor'] = {'stats': statistics}
    preprocess, postprocess = make_pre_post_processors(
        config,
        pretrained_path=source,
        preprocessor_overrides=overrides,
        postprocessor_overrides=after,
    )
    return preprocess, postprocess


def freeze_vision(policy: nn.Module) -> None:
    """Keep the weights of the image encoder as they are.

    Raises:
        PolicyError: no part of the policy is called like one.
    """
    frozen = [
        parameter
        for name, parameter in policy.named_parameters()
        if any(part in name for part in _VISION)
    ]
    if not frozen:
        raise PolicyError(
            f'--freeze-vision: no part of {type(policy).__name__} is named after '
            f'{", ".join(_VISION)}'
        )
    for parameter in frozen:
        parameter.requires_grad_(False)


def lora_config(policy: Any, rank: int) -> Any:
    """Return LeRobot's description of adapters: the policy's own targets, or all linear layers.

    Layers inside torch's multi-head attention are left out: it reads their weights without
    calling them, so that an adapter there would have no effect.
    """
    from lerobot.configs.default import PeftConfig

    targets = None
    if not policy._get_default_peft_targets():
        targets = [name for name, part in policy.named_modules() if type(part) is nn.Linear]
    # Alpha equal to the rank: PEFT's default of 8 dampens higher ranks (LeRobot's PeftConfig).
    return PeftConfig(r=rank, lora_alpha=rank, target_modules=targets)
