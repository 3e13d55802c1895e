"""Whether a policy could know which of several tasks it is trained for."""

from typing import Any

import numpy as np
from vla_contract.errors import VlaError
from vla_finetune.data.training_data import TrainingData
from vla_lerobot.lerobot_import import WITHOUT_LANGUAGE

_NOT_TOLD = WITHOUT_LANGUAGE | {'gaussian_actor'}


def require_one_task(policy: Any, data: TrainingData) -> None:
    """Refuse several tasks for a policy without language: it would learn their mean.

    Args:
        policy: LeRobot's configuration of the policy.
        data: what is trained on; the tasks of real and simulated frames must be the same too.

    Raises:
        VlaError: names the tasks, and what helps.
    """
    if policy.type not in _NOT_TOLD or data.real.embeddings:
        return
    tasks: set[str] = set()
    for checked, frames in data.trained_frames():
        numbers = np.unique(checked.column('task_index')[frames])
        tasks |= {str(checked.dataset.meta.tasks.iloc[int(number)].name) for number in numbers}
    if len(tasks) > 1:
        named = ', '.join(f"'{task}'" for task in sorted(tasks))
        raise VlaError(
            f'policy of type {policy.type} is not told its task: found {len(tasks)} tasks in the '
            f'data ({named}); allowed: one; train on one of them, give one task one text '
            '(lerobot-edit-dataset --operation.type modify_tasks), or take a policy with '
            'language: vla train act embeds the instructions'
        )
