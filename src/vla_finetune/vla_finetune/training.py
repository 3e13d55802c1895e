"""The loop of a fine-tuning: resumable, on one device or, started by accelerate, on several."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from vla_contract.cli.progress import Progress
from vla_contract.deployment.policy_file import PolicyFile
from vla_finetune.data.checked_dataset import Frames
from vla_finetune.data.mixed_batches import MixedBatches
from vla_finetune.data.training_data import TrainingData
from vla_finetune.finetune_settings import FinetuneSettings
from vla_finetune.learner import build_learner, Learner
from vla_finetune.loss_trace import trace_loss
from vla_finetune.training_checkpoints import History, TrainingCheckpoints
from vla_finetune.validation import is_exhausted, validate
from vla_lerobot.statistics import Statistics

_SHOWN_LOSSES = 50


@dataclass(frozen=True)
class TrainingPlan:
    """What one training is made of.

    Attributes:
        settings: of the command.
        folder: where checkpoints go.
        source: checkpoint to start from.
        metadata: LeRobot's, of the dataset of the robot, for names and shapes.
        samples: of all datasets together, by the number of their frame.
        loaders: processes that read them, 0 for none beside this one.
        data: frames to train on, and to validate with.
        statistics: to normalise with; None for the checkpoint's own.
        manifest: goes beside every checkpoint.
        meaning: of the policy's numbers and images, goes there too.
        notes: what was believed or mapped, for whoever began it.
    """

    settings: FinetuneSettings
    folder: Path
    source: str
    metadata: Any
    samples: Any
    loaders: int
    data: TrainingData
    statistics: Statistics | None
    manifest: dict[str, Any]
    meaning: PolicyFile
    notes: tuple[str, ...] = ()


def train(plan: TrainingPlan, on_step: Callable[[int], None] = lambda done: None) -> History:
    """Train from the start, or go on from the last checkpoint in the folder.

    The best checkpoint of all validations becomes `pretrained_model` in the folder; the last one
    where nothing is held out, and then nothing ends the training early.

    Args:
        plan: what to do.
        on_step: told how many steps are done, after each.

    Raises:
        VlaError: a loss is no longer a number.
    """
    settings = plan.settings
    accelerator = make_accelerator(settings)
    checkpoints = TrainingCheckpoints(plan.folder, settings.steps)
    learner, history = begin(plan, checkpoints, accelerator)
    network = accelerator.unwrap_model(learner.policy)
    steps = range(len(history.losses), settings.steps)
    order = MixedBatches(
        plan.data.pools, settings.batch, steps, settings.seed, accelerator.process_index
    )
    learner.policy.train()
    pairs = zip(order, batches(plan, order), strict=True)
    progress = Progress(
        settings.steps, 'steps', done=steps.start, is_shown=accelerator.is_main_process
    )
    for done, (frames, batch) in enumerate(pairs, steps.start + 1):
        if is_exhausted(history.validations, settings.patience):
            break
        history.losses.append(update(learner, batch, frames, plan.data, accelerator))
        if done % settings.validate_every == 0 or done == settings.steps:
            if len(plan.data.held_out):
                tests = batches(plan, in_order(plan.data.held_out, settings.batch))
                with accelerator.autocast():
                    history.validations.append(validate(learner, network, tests, done))
            if accelerator.is_main_process:
                checkpoints.save(learner, network, history, plan.manifest, plan.meaning)
            accelerator.wait_for_everyone()
        # What is shown as done is on the disk.
        recent = history.losses[-_SHOWN_LOSSES:]
        progress.update(note=f'loss {sum(recent) / len(recent):.4f}')
        on_step(done)
    progress.close()
    if accelerator.is_main_process:
        checkpoints.publish(history.result_step)
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
    statistics = None if last else plan.statistics
    learner = build_learner(plan.settings, source, plan.metadata, statistics)
    history = checkpoints.resume(last, learner) if last else History()
    learner.policy, learner.optimizer, learner.scheduler = accelerator.prepare(
        learner.policy, learner.optimizer, learner.scheduler
    )
    return learner, history


def update(
    learner: Learner,
    batch: dict[str, Any],
    frames: Sequence[int],
    data: TrainingData,
    accelerator: Any,
) -> float:
    """Do one step of the optimizer; return the loss before it.

    Args:
        learner: the policy and what trains it.
        batch: the samples, stacked.
        frames: their numbers among all frames of the data.
        data: where they come from.
        accelerator: of this process.

    Raises:
        LossNotFiniteError: it is not a number; says why.
    """
    with accelerator.autocast():
        prepared = learner.preprocess(dict(batch))
        loss, _ = learner.policy.forward(dict(prepared))
    value = float(loss.detach())
    if not isfinite(value):
        raise trace_loss(value, batch, prepared, frames, data)
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
