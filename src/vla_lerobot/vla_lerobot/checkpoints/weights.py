"""Are a network's weights those of the checkpoint's file, whatever the library did on loading?

LeRobot's pi0, pi05 and pi0_fast print an error of loading and go on with random weights
(huggingface/lerobot issues 2307, 4577); other types load what they find. So every tensor of the
loaded network is looked for in the file, by its value.
"""

from collections.abc import Iterable, Mapping
from itertools import takewhile
from pathlib import Path
from typing import Any

from vla_lerobot.checkpoints.errors import WeightsError

WEIGHTS = 'model.safetensors'
ADAPTER_WEIGHTS = 'adapter_model.safetensors'


def require_weights_file(folder: Path, source: str, name: str = WEIGHTS) -> Path:
    """Return the file of a checkpoint's weights.

    Raises:
        WeightsError: there is none, or its head cannot be read.
    """
    from safetensors import safe_open

    path = folder / name
    if not path.is_file():
        raise WeightsError(source, [f'there is no {name}'])
    try:
        with safe_open(path, framework='pt') as file:
            if not file.keys():
                raise WeightsError(source, [f'{name} is empty'])
    except WeightsError:
        raise
    except Exception as error:  # safetensors has no public base class of its errors
        raise WeightsError(source, [f'{name} is damaged: {error}']) from error
    return path


def require_same_weights(
    path: Path,
    source: str,
    tensors: Mapping[str, Any],
    said: str = '',
    elsewhere: tuple[str, ...] = (),
) -> None:
    """Refuse a network with a weight that is not the file's, or a file with one too many.

    Libraries rename: a tensor that the file does not have by its name may have another one there.
    Tensors that share their memory are one, under any of their names.

    Args:
        path: safetensors file.
        source: the checkpoint, for the error.
        tensors: of the loaded network, by name, as from `state_dict`.
        said: what the library printed about it.
        elsewhere: how names of the file begin that are read in another place.

    Raises:
        WeightsError: names what is missing, of another shape, other, or without a place.
    """
    from safetensors import safe_open

    with safe_open(path, framework='pt') as file:
        search = _Search(file)
        groups = _tied(tensors)
        rest = [group for group in groups if not search.has_by_name(*group)]
        wrong = [search.why_not(*group) for group in rest if not search.has_by_value(*group)]
        for key in sorted(key for key in search.unused if not key.startswith(elsewhere)):
            if not any(search.is_equal(key, value) for _, value in groups):
                wrong.append(f'the network has no place for {key} {search.shape(key)}')
    if wrong:
        raise WeightsError(source, wrong, said)


class _Search:
    """What a file holds, and which of it was found in the network."""

    def __init__(self, file: Any) -> None:
        self._file = file
        keys = list(file.keys())  # the file itself cannot be iterated
        self._shapes = {key: tuple(file.get_slice(key).get_shape()) for key in keys}
        self.unused = set(self._shapes)

    def shape(self, key: str) -> list[int]:
        return list(self._shapes[key])

    def is_equal(self, key: str, value: Any) -> bool:
        """Whether a tensor of the file, in the precision of the network's, is the network's."""
        import torch

        if self._shapes[key] != tuple(value.shape):
            return False
        stored = self._file.get_tensor(key).to(value.device, value.dtype)
        return bool(torch.equal(stored, value))

    def has_by_name(self, names: list[str], value: Any) -> bool:
        for name in names:
            if name in self._shapes and self.is_equal(name, value):
                self.unused.discard(name)
                return True
        return False

    def has_by_value(self, names: list[str], value: Any) -> bool:
        """Look under other names, the most alike first; one tensor of the file serves one."""
        if any(name in self._shapes for name in names):
            return False  # it stands there, and the network has another
        for key in sorted(self.unused, key=lambda key: -_likeness(key, names)):
            if self.is_equal(key, value):
                self.unused.discard(key)
                return True
        return False

    def why_not(self, names: list[str], value: Any) -> str:
        name = next((name for name in names if name in self._shapes), names[0])
        if name not in self._shapes:
            return f'the file lacks {name} {list(value.shape)}'
        self.unused.discard(name)
        if self._shapes[name] != tuple(value.shape):
            return f'{name} has shape {self.shape(name)}, the network {list(value.shape)}'
        return f'{name} of the network is not that of the file, or not a number'


def _tied(tensors: Mapping[str, Any]) -> list[tuple[list[str], Any]]:
    """Return the tensors with all names under which each goes."""
    groups: dict[tuple[Any, ...], tuple[list[str], Any]] = {}
    for name, value in tensors.items():
        if hasattr(value, 'data_ptr') and value.numel():
            place = (value.data_ptr(), tuple(value.shape), value.stride(), value.dtype)
            groups.setdefault(place, ([], value))[0].append(name)
    return list(groups.values())


def _likeness(key: str, names: Iterable[str]) -> int:
    """Return how many last letters a key shares with one of the names."""
    return max(_shared_end(key, name) for name in names)


def _shared_end(a: str, b: str) -> int:
    pairs = zip(reversed(a), reversed(b), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
