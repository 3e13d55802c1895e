"""One fine-tuning from its settings to its summary; begun, or gone on with."""

import argparse
from dataclasses import asdict, replace
import os
from pathlib import Path
import sys
from typing import Any

from vla_contract.cli.command import DONE, write_json
from vla_contract.cli.interrupts import raise_if_interrupted
from vla_contract.errors import VlaError
from vla_finetune.finetune_plan import make_plan
from vla_finetune.finetune_settings import (
    BOTH,
    KEEP,
    RECOMPUTE,
    settings_from,
    store_settings,
    stored_settings,
)
from vla_finetune.input_hashes import input_hashes, require_same_inputs
from vla_finetune.training import train, TrainingPlan
from vla_finetune.training_checkpoints import History, point

_RESUME = 'vla train finetune --resume'


def finetune(args: argparse.Namespace) -> int:
    """Begin a training, or go on with one.

    Raises:
        VlaError: the output exists, checkpoint, data and deployment do not fit each other, or
            what a resumed training was begun with is no longer there.
    """
    if args.resume:
        folder = args.resume
        settings, began = stored_settings(folder)
        if is_main_process():
            require_same_inputs(folder, began, input_hashes(settings))
    else:
        folder, settings = args.output, settings_from(args)
        if folder is None or (is_main_process() and _is_used(folder)):
            raise VlaError(f'--output: found {folder}; allowed: a new folder')
    plan = make_plan(settings, folder)
    if is_main_process():
        for note in plan.notes:
            print(f'note: {note}')
        if not args.resume:
            store_settings(folder, settings, input_hashes(settings))
    try:
        raise_if_interrupted()
        return _train(plan, args.json)
    except KeyboardInterrupt:
        if is_main_process():
            print(f'\ngo on from the last checkpoint: {_RESUME} {folder}', file=sys.stderr)
        raise


def _is_used(folder: Path) -> bool:
    """Whether a folder holds anything; an empty one is what an early interruption may leave."""
    return folder.exists() and not (folder.is_dir() and not any(folder.iterdir()))


def _train(plan: TrainingPlan, copy: Path | None) -> int:
    """Train and write the summary, and a copy of it where one is wanted."""
    folder, settings = plan.folder, plan.settings
    summary = {**plan.manifest, 'settings': asdict(settings)}
    if settings.statistics == BOTH:
        summary['statistics_compared'] = train_both(plan)
    else:
        summary['training'] = described(train(plan))
    if not is_main_process():
        return DONE
    for path in filter(None, (folder / 'summary.json', copy)):
        write_json(path, summary)
    print(f'policy: {folder / "pretrained_model"}')
    return DONE


def train_both(plan: TrainingPlan) -> dict[str, Any]:
    """Train once with each statistics; the one that is nearer to the held-out actions is kept.

    Their losses cannot be compared, because each is counted in its own standard deviations.
    """
    results = {}
    for statistics in (KEEP, RECOMPUTE):
        own = replace(
            plan,
            settings=replace(plan.settings, statistics=statistics),
            folder=plan.folder / statistics,
            statistics=plan.statistics if statistics == RECOMPUTE else None,
            manifest={**plan.manifest, 'statistics': statistics},
        )
        results[statistics] = described(train(own))
    better = min(results, key=lambda name: float(results[name]['best']['action_error']))
    if is_main_process():
        point(plan.folder / 'pretrained_model', plan.folder / better / 'pretrained_model')
    return {**results, 'better': better}


def described(history: History) -> dict[str, Any]:
    """Return a training for the summary; print its best validation, or that there is none."""
    best, steps = history.best, len(history.losses)
    if is_main_process():
        print(
            f'best after {best.step} of {steps} steps: held-out loss {best.loss:.4f}, first '
            f'action {best.action_error:.4f} rad off in the mean'
            if best
            else f'not validated: no episode is held out; the result is the last of {steps} steps'
        )
    return {
        **asdict(history),
        'is_validated': best is not None,
        'result_step': history.result_step,
        'best': asdict(best) if best else None,
    }


def is_main_process() -> bool:
    """Return whether this is the only process, or the first of those `accelerate` started."""
    return int(os.environ.get('RANK', '0')) == 0
