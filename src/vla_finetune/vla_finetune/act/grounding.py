"""Teach an ACT which object an instruction means, before it learns to move.

Trained on actions alone, a network of this size never listens: which way to go is a product of
what is seen and what is said, neither of which lowers the loss by itself, and the loss stays where
one guesses. Asked where each object lies it learns to see them; asked in the same breath where the
named one lies, it has only to choose. (Places as an auxiliary output: James, Davison and Johns,
'Transferring End-to-End Visuomotor Control', CoRL 2017; as what is learned first: Levine et al.,
'End-to-End Training of Deep Visuomotor Policies', JMLR 2016, section 5.2.)
"""

from typing import Any

import torch
from torch import nn
from vla_contract.cli.progress import Progress
from vla_finetune.act.demonstrations import Batch, Demonstrations, vary_photometry
from vla_finetune.act.descent import Descent, mean_of_last_tenth
from vla_finetune.act.named_objects import NamedObjects
from vla_lerobot.instruction_embedding import ENVIRONMENT_STATE

_SCENES = 16


def scenes_told_each(
    data: Demonstrations, objects: NamedObjects, scenes: torch.Tensor, rng: torch.Generator
) -> tuple[Batch, torch.Tensor]:
    """Show scenes once for each of their objects, each time naming another.

    Args:
        data: the frames.
        objects: where objects lie and what they are called.
        scenes: indices of episodes, shape (B,).
        rng: source of the words.

    Returns:
        A batch of B * K frames, and the place of the named object and then of all: shape
        (B * K, 2 + 2 K).
    """
    count = len(objects.said)
    named = torch.arange(count).repeat(len(scenes))
    scenes = scenes.repeat_interleave(count)
    batch = data.batch(objects.frames[scenes], 1)
    batch[ENVIRONMENT_STATE] = torch.stack(
        [
            objects.said[i][torch.randint(len(objects.said[i]), (), generator=rng)]
            for i in named.tolist()
        ]
    )
    places = objects.places[scenes]
    return batch, torch.cat([places[torch.arange(len(named)), named], places.flatten(1)], dim=1)


def ground(
    policy: Any,
    preprocess: Any,
    data: Demonstrations,
    objects: NamedObjects,
    steps: int,
    lr: float,
    bf16: bool,
    rng: torch.Generator,
) -> float:
    """Train all of an ACT but its action head in place; return how often it finds what is named.

    Args:
        policy: a LeRobot ACTPolicy that takes the embedding.
        preprocess: its preprocessor.
        data: the frames.
        objects: where objects lie and what they are called.
        steps: optimizer steps, of 16 scenes that are told each of their objects.
        lr: peak learning rate.
        bf16: whether to multiply in bfloat16.
        rng: source of scenes, words and looks.

    Returns:
        Share of the last tenth of the scenes in which the answer is nearest to the named object.
    """
    model, head = policy.model, policy.model.action_head
    count = len(objects.said)
    model.action_head = nn.Linear(head.in_features, 2 + 2 * count)
    descent = Descent(model, lr, steps)
    found: list[float] = []
    policy.train()
    with Progress(steps, 'steps', 'grounding') as progress:
        for _ in range(steps):
            scenes = torch.randint(len(objects.places), (_SCENES,), generator=rng)
            batch, places = scenes_told_each(data, objects, scenes, rng)
            vary_photometry(batch, list(data.images), rng)
            inputs = preprocess(batch)
            inputs['observation.images'] = [inputs[key] for key in data.images]
            with torch.autocast('cpu', torch.bfloat16, enabled=bf16):
                answer = model(inputs)[0].float()
            loss = (answer[:, :, :2] - places[:, None, :2]).abs().mean()
            loss = loss + (answer[:, :, 2:] - places[:, None, 2:]).abs().mean()
            descent.step(loss)
            found.append(_share_found(answer[:, 0, :2].detach(), objects.places[scenes]))
            progress.update(note=f'loss {loss.item():.4f}, found {mean_of_last_tenth(found):.2f}')
    model.action_head = head
    return mean_of_last_tenth(found)


def _share_found(answer: torch.Tensor, places: torch.Tensor) -> float:
    """Return the share of answers, K per scene in order, nearest to the object that was named."""
    count = places.shape[1]
    nearest = torch.cdist(answer.view(-1, count, 2), places).argmin(dim=2)
    return float((nearest == torch.arange(count)).float().mean())
