"""Where the objects of each recorded episode lie, and in which words each of them was named."""

from dataclasses import dataclass
import json
from pathlib import Path
from typing import Any

import torch
from vla_contract.errors import VlaError
from vla_finetune.act.demonstrations import Demonstrations
from vla_sim_bridge.scene.simulated_task import TARGET


@dataclass(frozen=True)
class NamedObjects:
    """The scenes of a dataset as they were when its episodes began.

    Attributes:
        frames: index of the first frame of each episode, shape (E,).
        places: x and y of each object, standardised over all, shape (E, K, 2).
        said: for each object the embeddings of all words that named it, K times (P, L).
    """

    frames: torch.Tensor
    places: torch.Tensor
    said: tuple[torch.Tensor, ...]


def load_named_objects(root: Path, data: Demonstrations) -> NamedObjects:
    """Read from the manifests that `vla dataset record-sim` leaves beside the frames.

    Args:
        root: folder of the dataset.
        data: its frames; episodes that were not read are left out.

    Raises:
        VlaError: the dataset has no manifests, or its episodes name no object.
    """
    path = root / 'meta' / 'vla_manifests.jsonl'
    if not path.is_file():
        raise VlaError(
            f'{root} has no meta/vla_manifests.jsonl; record it with vla dataset record-sim'
        )
    # An episode that is cut short by `most_frames` still began.
    frames = torch.unique(torch.searchsorted(data.last, data.last))
    manifests = [json.loads(line) for line in path.read_text().splitlines()][: len(frames)]
    values: list[dict[str, Any]] = [manifest['values'] for manifest in manifests]
    if data.instruction is None or any(TARGET not in value for value in values):
        raise VlaError(f'{root}: its episodes name no object, so that there is nothing to ground')
    names = sorted({value[TARGET]['value'] for value in values})
    places = torch.tensor(
        [
            [[value[f'{name}_{axis}']['value'] for axis in 'xy'] for name in names]
            for value in values
        ]
    )
    named = torch.tensor([names.index(value[TARGET]['value']) for value in values])
    said = tuple(
        torch.unique(data.instruction[frames[named == i]], dim=0) for i in range(len(names))
    )
    mean, std = places.mean(dim=(0, 1)), places.std(dim=(0, 1))
    return NamedObjects(frames, (places - mean) / std, said)
