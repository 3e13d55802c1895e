"""Checkpoint and dataset together: who says what, and what nobody says."""

from dataclasses import dataclass, replace

from vla_lerobot.column_names import POSITION, without_ending
from vla_lerobot.drafting.checkpoint_facts import CheckpointFacts
from vla_lerobot.drafting.dataset_facts import DatasetFacts
from vla_lerobot.drafting.numbers import Numbers, ranges_of, width_of
from vla_lerobot.features import ACTION, STATE

# What LeRobot records at where nothing else is said: `fps` of lerobot-record.
_USUAL_HZ = 30.0
_USUAL = {'aloha': 50.0, 'droid': 15.0}


@dataclass(frozen=True)
class Said:
    """A value with who says it.

    Attributes:
        value: it.
        remark: for a comment.
        is_guess: whether nobody recorded it.
    """

    value: float
    remark: str
    is_guess: bool = False


def numbers_of(key: str, checkpoint: CheckpointFacts, dataset: DatasetFacts | None) -> Numbers:
    """Return what is known of the numbers of state or action.

    The checkpoint's own statistics count first: they are what its numbers are scaled by.
    """
    # Fine-tunes keep the features of their base model: the statistics are those of the data.
    width = width_of(checkpoint.statistics.get(key, {})) or (
        dataset.widths.get(key, 0) if dataset else 0
    )
    width = width or checkpoint.widths.get(key, 0)
    part = key.removeprefix('observation.')
    manifest = checkpoint.manifest
    sources = [(manifest.get(f'{part}_names'), 'the manifest')]
    if key == ACTION:
        sources.append((checkpoint.action_names, 'the checkpoint'))
    if dataset is not None:
        sources.append((dataset.names.get(key), 'the dataset'))
    # Names of another count are LeRobot's list of a dictionary's keys, ['motors'].
    named = ((tuple(names), who) for names, who in sources if names and len(names) == width)
    names, who = next(named, (None, ''))
    units = tuple(manifest.get(f'{part}_units') or ()) or (
        dataset.units.get(key, ()) if dataset else ()
    )
    ranges = ranges_of(checkpoint.statistics.get(key, {}), width)
    if 'low' not in ranges and dataset is not None:
        ranges = ranges_of(dataset.statistics.get(key, {}), width)
    return Numbers(width, names, who, units if len(units) == width else None, **ranges)


def rate_of(checkpoint: CheckpointFacts, dataset: DatasetFacts | None) -> Said:
    """Return the rate of the policy's steps [Hz]."""
    recorded = checkpoint.manifest.get('fps')
    if isinstance(recorded, int | float) and recorded > 0:
        return Said(float(recorded), 'as the checkpoint was trained')
    if dataset is not None and dataset.fps > 0:
        return Said(dataset.fps, 'as the dataset was recorded')
    if checkpoint.env_hz is not None:
        return Said(checkpoint.env_hz, 'guess: that of the environment in train_config.json', True)
    hint = checkpoint.dataset.lower()
    usual = next((hz for name, hz in _USUAL.items() if name in hint), _USUAL_HZ)
    return Said(usual, 'guess: nobody recorded it; a wrong one moves too fast or too slowly', True)


def hints_of(checkpoint: CheckpointFacts, dataset: DatasetFacts | None) -> str:
    """Return the names by which robot and data go, for conventions that are known by them."""
    robot = dataset.robot if dataset else str(checkpoint.manifest.get('robot', ''))
    return f'{robot} {checkpoint.dataset} {dataset.root.name if dataset else ""}'.lower()


def both(checkpoint: CheckpointFacts, dataset: DatasetFacts | None) -> tuple[Numbers, Numbers]:
    """Return state and action; without names of its own one has the other's, if it is as long."""
    state, action = (numbers_of(key, checkpoint, dataset) for key in (STATE, ACTION))
    return _named_as(state, action, 'the action'), _named_as(action, state, 'the state')


def _named_as(own: Numbers, other: Numbers, who: str) -> Numbers:
    if own.names is not None or other.names is None or own.width != other.width:
        return own
    # Of joints, not of what is done to them: 'elbow.vel' of an action is 'elbow' in a state.
    bare = ((name, *without_ending(name)) for name in other.names)
    names = tuple(name if kind == POSITION else joint for name, joint, kind in bare)
    return replace(own, names=names, names_from=who)
