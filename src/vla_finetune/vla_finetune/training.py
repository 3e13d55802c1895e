"""The loop of a fine-tuning: resumable, on one device or, started by accelerate, on several."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from tqdm import tqdm
from vla_contract.deployment.policy_file import PolicyFile
from vla_contract.errors import VlaError
from vla_finetune.finetune_settings import FinetuneSettings
from vla_finetune.learner import build_learner, Learner, Statistics
from vla_finetune.mixed_batches import MixedBatches, Pool
from vla_finetune.training_checkpoints import History, TrainingCheckpoints
from vla_finetune.training_data import Frames
from vla_finetune.validation import best_of, is_exhausted, validate

_SHOWN_LOSSES = 50


@dataclass(frozen=True)
class TrainingPlan:
    """What one training is made of.

    Attributes:
        settings: of the command.
        folder: where checkpoints go.
        source: checkpoint to start from.
        dataset: LeRobotDataset of the robot, for names and shapes.
        samples: of all datasets together, by the number of their frame.
        loaders: processes that read them, 0 for none beside this one.
        pools: frames to train on.
        held_out: frames to validate with.
        statistics: to normalise with; None for the checkpoint's own.
        manifest: goes beside every checkpoint.
        meaning: of the policy's numbers and images, goes there too.
    """

    settings: FinetuneSettings
    folder: Path
    source: str
    dataset: Any
    samples: Any
    loaders: int
    pools: tuple[Pool, ...]
    held_out: Frames
    statistics: Statistics | None
    manifest: dict[str, Any]
    meaning: PolicyFile


def train(plan: TrainingPlan, on_step: Callable[[int], None] = lambda done: None) -> History:
    """Train from the start, or go on from the last checkpoint in the folder.

    The best checkpoint of all validations becomes `pretrained_model` in the folder.

    Args:
        plan: what to do.
        on_step: told how many steps are done, after each.

    Raises:
        VlaError: the loss is no longer a number.
    """
    settings = plan.settings
    accelerator = make_accelerator(settings)
    checkpoints = TrainingCheckpoints(plan.folder, settings.steps)
    learner, history = begin(plan, checkpoints, accelerator)
    network = accelerator.unwrap_model(learner.policy)
    steps = range(len(history.losses), settings.steps)
    order = MixedBatches(
        plan.pools, settings.batch, steps, settings.seed, accelerator.process_index
    )
    learner.policy.train()
    progress = tqdm(
        batches(plan, order),
        total=settings.steps,
        initial=steps.start,
        unit='step',
        disable=not accelerator.is_main_process,
    )
    for done, batch in enumerate(progress, steps.start + 1):
        if is_exhausted(history.validations, settings.patience):
            break
        history.losses.append(update(learner, batch, accelerator))
        recent = history.losses[-_SHOWN_LOSSES:]
        progress.set_postfix(loss=f'{sum(recent) / len(recent):.4f}')
        if done % settings.validate_every == 0 or done == settings.steps:
            tests = batches(plan, in_order(plan.held_out, settings.batch))
            with accelerator.autocast():
                history.validations.append(validate(learner, network, tests, done))
            if accelerator.is_main_process:
                checkpoints.save(learner, network, history, plan.manifest, plan.meaning)
            accelerator.wait_for_everyone()
        on_step(done)
    if accelerator.is_main_process:
        checkpoints.publish(best_of(history.validations))
    accelerator.wait_for_everyone()
    return history


def make_accelerator(settings: FinetuneSettings) -> Any:
    """Return what moves, distributes and casts; it finds out how many processes there are."""
    from accelerate import Accelerator
    from accelerate.utils import DistributedDataParallelKwargs

    return Accelerator(
        # The schedule counts steps, not samples of all processes.
        step_scheduler_with_optimizer=False,
        mixed_precision='bf16' if settings.bf16 else 'no',
        kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)],
        cpu=settings.device == 'cpu',
    )


def begin(
    plan: TrainingPlan, checkpoints: TrainingCheckpoints, accelerator: Any
) -> tuple[Learner, History]:
    """Return the policy, ready to train, and what was trained before an interruption."""
    from lerobot.utils.random_utils import set_seed

    set_seed(plan.settings.seed, accelerator=accelerator)
    last = checkpoints.last
    source = str(last / 'pretrained_model') if last else plan.source
    learner = build_learner(plan.settings, source, plan.dataset, None if last else plan.statistics)
    history = checkpoints.resume(last, learner) if last else History()
    learner.policy, learner.optimizer, learner.scheduler = accelerator.prepare(
        learner.policy, learner.optimizer, learner.scheduler
    )
    return learner, history


def update(learner: Learner, batch: dict[str, Any], accelerator: Any) -> float:
    """Do one step of the optimizer; return the loss before it.

    Raises:
        VlaError: it is not a number.
    """
    with accelerator.autocast():
        loss, _ = learner.policy.forward(learner.preprocess(batch))
    value = float(loss.detach())
    if not isfinite(value):
        raise VlaError(f'training diverged: the loss is {value}; lower --learning-rate')
    accelerator.backward(loss)
    clip = learner.config.optimizer.grad_clip_norm
    if clip > 0:
        accelerator.clip_grad_norm_(learner.policy.parameters(), clip)
    learner.optimizer.step()
    learner.optimizer.zero_grad()
    learner.scheduler.step()
    network = accelerator.unwrap_model(learner.policy)
    if hasattr(network, 'update'):  # some policies keep a slow copy of their weights
        network.update()
    return value


def in_order(frames: Frames, batch: int) -> list[list[int]]:
    """Return all frames in batches, the last one shorter."""
    return [frames[start : start + batch].tolist() for start in range(0, len(frames), batch)]


def batches(plan: TrainingPlan, order: Iterable[list[int]]) -> Any:
    """Return the samples of each batch, stacked, images float in [0, 1]."""
    import torch
    from torch.utils.data import DataLoader

    return DataLoader(
        plan.samples,
        batch_sampler=order,
        num_workers=plan.loaders,
        multiprocessing_context='spawn' if plan.loaders else None,
        collate_fn=stack,
        # Its own, so that starting a loader draws nothing from the noise of the training.
        generator=torch.Generator(),
    )


def stack(samples: list[dict[str, Any]]) -> dict[str, Any]:
    """Stack what all samples have; recordings of the robot hold more than those of the sim."""
    import torch
    from torch.utils.data import default_collate

    common = set[str].intersection(*map(set, samples))
    batch = default_collate([{key: sample[key] for key in common} for sample in samples])
    return {
        key: value / 255.0 if getattr(value, 'dtype', None) == torch.uint8 else value
        for key, value in batch.items()
    }
