"""Which joint stands where in a dataset's vectors, and how they become a policy's, by name."""

from collections.abc import Sequence
import copy
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import NameMismatchError, UnknownNameError, VlaError
from vla_contract.values import Vector
from vla_contract.vectors.scale import VectorScale
from vla_contract.vectors.vector_codec import VectorCodec
from vla_lerobot.column_names import are_words_of_a_tool, bare_names, require_kinds
from vla_lerobot.features import (
    ACTION,
    image_shape,
    IMAGES,
    recorded_names,
    STATE,
    UNITS,
)


def vector_names(dataset: Any, key: str, wanted: Sequence[str]) -> tuple[str, ...]:
    """Return the names of a vector's numbers, in the dataset's order, as the robot calls them.

    Args:
        dataset: LeRobotDataset.
        key: the column.
        wanted: names that the reader looks for; believed to be the column's, in this order, where
            it has none. Endings such as '.pos' are taken off where the names fit only without.

    Raises:
        UnknownNameError: there is no such column.
        VlaError: it does not have one number per name.
    """
    features = dataset.meta.features
    if key not in features:
        raise UnknownNameError('column', key, str(dataset.root), features)
    names = recorded_names(features[key]) or tuple(wanted)
    size = prod(features[key]['shape'])
    if len(names) != size:
        raise VlaError(
            f'{dataset.root}: {key}: found {size} numbers; allowed: {len(names)}, one for each '
            f'of {", ".join(names)}'
        )
    bare = bare_names(names)
    return bare if not set(wanted) <= set(names) and set(wanted) <= set(bare) else names


def dataset_codec(
    deployment: Deployment, dataset: Any, keys: Sequence[str] = (STATE, ACTION)
) -> VectorCodec:
    """Return what the vectors of a dataset mean: the policy's numbers in the dataset's order.

    Args:
        deployment: cell and policy.
        dataset: LeRobotDataset.
        keys: which of its vectors are looked for; others are taken as the policy's.

    Raises:
        NameMismatchError: the dataset has other joints.
        VlaError: a column is missing, does not have one number per name, or says that its numbers
            have other units than the policy's.
    """
    policy = deployment.policy
    wanted = {STATE: policy.state_names, ACTION: policy.action_names}
    names = {key: vector_names(dataset, key, wanted[key]) for key in keys}
    components = {STATE: policy.state, ACTION: policy.action}
    for key, found in names.items():
        recorded = recorded_names(dataset.meta.features[key]) or ()
        require_kinds(f'{dataset.root}: {key}', recorded, components[key])
        if are_words_of_a_tool(found, wanted[key], components[key]):
            names[key] = wanted[key]
        elif sorted(found) != sorted(wanted[key]):
            raise NameMismatchError(f'{dataset.root}: {key}', wanted[key], found)
    codec = VectorCodec(deployment, names.get(STATE, ()), names.get(ACTION, ()))
    for key, scale in ((STATE, codec.state), (ACTION, codec.action)):
        if key in keys:
            _require_units(dataset, key, scale)
    return codec


def _require_units(dataset: Any, key: str, scale: VectorScale) -> None:
    """Refuse numbers that say they are of other units; those that say nothing are believed."""
    said = dataset.meta.features[key].get(UNITS)
    if said is None or tuple(said) == scale.meanings:
        return
    pairs = zip(scale.names, said, scale.meanings, strict=False)
    name, found, wanted = next(
        (pair for pair in pairs if pair[1] != pair[2]), ('all', len(said), scale.width)
    )
    raise VlaError(
        f'{dataset.root}: {key}: {name}: found numbers in {found}; allowed: {wanted}, as the '
        'policy file says (convert the recordings with this policy, or say there what they mean)'
    )


@dataclass(frozen=True)
class VectorOrder:
    """How the vectors of a dataset become those of a policy.

    Attributes:
        indices: by key, where in the dataset's vector each number of the policy's stands; only
            of vectors that have another order.
        names: by key, the policy's names.
        sizes: by key, how far 1.0 of each of the policy's numbers moves its joint [rad or m].
        notes: what is mapped, and what has to be believed, one sentence each.
    """

    indices: dict[str, NDArray[np.intp]]
    names: dict[str, tuple[str, ...]]
    sizes: dict[str, Vector]
    notes: tuple[str, ...]

    def floors(self, floor: float) -> dict[str, Vector]:
        """Return a distance as numbers of the policy, by key.

        Args:
            floor: [rad or m].
        """
        return {key: floor / size for key, size in self.sizes.items()}

    def numbers(self, key: str, values: Any) -> Any:
        """Return a vector, or an array or tensor of them along the last axis, in order."""
        return values[..., self.indices[key]] if key in self.indices else values

    def sample(self, sample: dict[str, Any]) -> dict[str, Any]:
        """Return a frame or a training sample with its vectors in order."""
        return {key: self.numbers(key, value) for key, value in sample.items()}

    def metadata(self, meta: Any) -> Any:
        """Return LeRobot's metadata of a dataset as if it had been recorded in this order.

        LeRobot's policies keep the names of an action in their configuration, and take its
        statistics.
        """
        own = copy.copy(meta)
        own.info = copy.copy(meta.info)
        own.info.features = {key: self._feature(key, of) for key, of in meta.features.items()}
        own.stats = meta.stats and {
            key: {
                name: value if name == 'count' else self.numbers(key, value)
                for name, value in entry.items()
            }
            for key, entry in meta.stats.items()
        }
        return own

    def _in_order(self, key: str, words: Sequence[str]) -> list[str]:
        return [words[i] for i in self.indices.get(key, range(len(words)))]

    def _feature(self, key: str, feature: dict[str, Any]) -> dict[str, Any]:
        if key in self.names:
            said = {UNITS: self._in_order(key, feature[UNITS])} if UNITS in feature else {}
            # As the dataset spells them: LeRobot's arms look for them with their suffix.
            spelled = self._in_order(key, recorded_names(feature) or self.names[key])
            return {**feature, 'names': spelled, **said}
        if feature['dtype'] in IMAGES and not isinstance(feature['names'], list):
            # LeRobot asks the third name whether the colours are last.
            axes = ['channels', 'height', 'width']
            return {**feature, 'shape': image_shape(feature), 'names': axes}
        return feature


def vector_order(deployment: Deployment, dataset: Any) -> VectorOrder:
    """Find a policy's state and action in a dataset by their names.

    Raises:
        NameMismatchError: the dataset has other joints than the policy.
        VlaError: as `dataset_codec`.
    """
    policy = deployment.policy
    names = {STATE: policy.state_names, ACTION: policy.action_names}
    components = {STATE: policy.state, ACTION: policy.action}
    codec = dataset_codec(deployment, dataset)
    indices, notes = {}, []
    for key, scale in ((STATE, codec.state), (ACTION, codec.action)):
        wanted, found = names[key], scale.names
        recorded = recorded_names(dataset.meta.features[key])
        if recorded is None or are_words_of_a_tool(bare_names(recorded), wanted, components[key]):
            what = f'found {", ".join(recorded)}' if recorded else 'joint names not recorded'
            notes.append(
                f'{dataset.root}: {key}: {what}, believed to be in the order of the policy file: '
                f'{", ".join(wanted)}'
            )
        if found != wanted:
            indices[key] = np.array([found.index(name) for name in wanted], dtype=np.intp)
            notes.append(f'{dataset.root}: {key}: mapped by name from {", ".join(found)}')
    policys = VectorCodec(deployment)
    sizes = {STATE: policys.state.sizes, ACTION: policys.action.sizes}
    return VectorOrder(indices, names, sizes, tuple(notes))
