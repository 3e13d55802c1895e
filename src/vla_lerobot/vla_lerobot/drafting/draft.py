"""A policy file from what checkpoint and dataset record, and what a cell says of the joints."""

from dataclasses import replace
import os
from pathlib import Path

from vla_contract.deployment.cell import Camera, Cell
from vla_contract.deployment.policy_file import FILE_NAME, load_policy_file, PolicyFile
from vla_contract.errors import VlaError
from vla_contract.vectors.presets import action_of, FILE_PRESETS, state_of
from vla_contract.vectors.scale import joint_scales
from vla_lerobot.drafting.cameras import draft_cameras, seen_in_training
from vla_lerobot.drafting.checkpoint_facts import CheckpointFacts
from vla_lerobot.drafting.dataset_facts import DatasetFacts, first_rows
from vla_lerobot.drafting.facts import both, hints_of, rate_of
from vla_lerobot.drafting.place import find_place, Place
from vla_lerobot.drafting.policy_text import Draft
from vla_lerobot.drafting.vectors import draft_vectors
from vla_lerobot.features import ACTION, STATE

_RELATIVE = 'LeRobot adds the state to what the network answers, so that positions come out.'


def draft_policy(
    checkpoint: CheckpointFacts,
    dataset: DatasetFacts | None,
    place: Place,
    name: str,
    source: str,
    origin: str,
) -> Draft:
    """Work out what the file of a policy says.

    Args:
        checkpoint: what it says of itself.
        dataset: that it was trained on, None where nobody gives it.
        place: where it is to run.
        name: of the policy.
        source: of the policy file.
        origin: what it is drafted from, in words.

    Raises:
        BrokenDatasetError: the frames of the dataset cannot be read.
    """
    numbers, rate = both(checkpoint, dataset), rate_of(checkpoint, dataset)
    has_rows = dataset is not None and {STATE, ACTION} <= set(dataset.widths)
    rows = (
        first_rows(dataset.root) if dataset and has_rows and not checkpoint.is_relative else None
    )
    hints = hints_of(checkpoint, dataset)
    state, action = draft_vectors(*numbers, place.cell, hints, rate.value, rows)
    sizes = dataset.cameras if dataset else None
    cameras, unseen = seen_in_training(checkpoint.cameras, sizes)
    remarks = [_RELATIVE] if checkpoint.is_relative else []
    if dataset is None and checkpoint.dataset:
        remarks.append(f'It was trained on {checkpoint.dataset}: with --dataset less is guessed.')
    if unseen:
        remarks.append(f'guess: {", ".join(unseen)}: not in the dataset, and left out here.')
    if place.is_guess:
        remarks.append(f'guess: {place.words}, whose joints have these names.')
    return Draft(
        name=name,
        origin=origin,
        source=source,
        rate=rate,
        state=state,
        action=action,
        cameras=tuple(draft_cameras(cameras, sizes, place.cameras)),
        remarks=tuple(remarks),
    )


def place_of(
    checkpoint: CheckpointFacts, dataset: DatasetFacts | None, robot: str, cell: str
) -> Place:
    """Return where a policy is to run.

    Raises:
        VlaError: as `find_place`.
    """
    _, action = both(checkpoint, dataset)
    return find_place(robot, cell, action, hints_of(checkpoint, dataset))


def source_from(folder: Path, given: str, out: Path) -> str:
    """Return what a policy file says of its checkpoint.

    Args:
        folder: of the checkpoint.
        given: what the user calls it.
        out: the policy file.
    """
    if not Path(given).expanduser().is_dir():
        return given  # a name under models/, or a hub id
    path = os.path.relpath(folder.resolve(), out.resolve().parent)
    return path if path.startswith('.') else f'./{path}'


def usual_place(folder: Path, given: str) -> Path:
    """Return where the file of a checkpoint belongs: beside it, or under config/policies."""
    if Path(given).expanduser().is_dir():
        return folder / FILE_NAME
    return Path('config/policies') / f'{given.rpartition("/")[2]}.yaml'


def name_of(folder: Path, out: Path) -> str:
    """Return the name of a policy: of its file, or of the folder or run that has it."""
    if out.name != FILE_NAME:
        return out.stem
    parts = [part for part in folder.resolve().parts if part not in ('pretrained_model', 'last')]
    named = [part for part in parts if part != 'checkpoints' and not part.isdigit()]
    return named[-1] if named else folder.name


def try_to_load(path: Path, place: Place, draft: Draft) -> PolicyFile | VlaError:
    """Return the file as the loader reads it, or what has to be filled in first."""
    cell = place.cell
    if place.cameras is None:
        cameras = (_like(seen.camera, *seen.size) for seen in draft.cameras)
        cell = replace(cell, cameras=tuple(cameras))
    try:
        return load_policy_file(path, str(path), cell)
    except VlaError as error:
        return error


def preset_of(policy: PolicyFile, cell: Cell) -> str:
    """Return the preset that says the same as a policy file, '' without one."""
    own = joint_scales(policy.state, cell), joint_scales(policy.action, cell)
    for preset in FILE_PRESETS:
        state = state_of(preset, policy.state_names, cell)
        action = action_of(preset, policy.action_names, cell)
        if own == (joint_scales(state, cell), joint_scales(action, cell)):
            return preset
    return ''


def _like(name: str, width: int, height: int) -> Camera:
    return Camera(name, name, f'{name}_frame', width, height, 30.0, 'rgb8')
