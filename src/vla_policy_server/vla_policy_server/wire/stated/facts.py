"""What a server says about its actions and images in its metadata, read without belief."""

from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
from vla_contract.errors import PolicyError

AS_CAPTURED = (0, 0)
"""Size of images that a server wants in the size of the camera."""
_LONGEST_NAME, _MOST_NAMES, _LONGEST_HORIZON, _LARGEST_PX = 80, 256, 1000, 8192


@dataclass(frozen=True)
class StatedFacts:
    """What a server says; None or empty for what it does not say.

    Attributes:
        action_space: what its actions are, such as joint_position.
        action_names: what each number of an action is, in its order.
        rate_hz: steps per second that its chunks are meant for.
        action_horizon: steps of a chunk, at most.
        image_size: height and width of the images that it wants [px], or `AS_CAPTURED`.
    """

    action_space: str = ''
    action_names: tuple[str, ...] = ()
    rate_hz: float | None = None
    action_horizon: int | None = None
    image_size: tuple[int, int] | None = None


def read_facts(metadata: dict[str, Any], url: str) -> StatedFacts:
    """Return what a server's metadata says.

    Raises:
        PolicyError: it says something of this that makes no sense.
    """
    reader = _Reader(metadata, url)
    return StatedFacts(
        action_space=reader.text('action_space'),
        action_names=reader.names('action_names'),
        rate_hz=reader.rate_hz('fps'),
        action_horizon=reader.steps('action_horizon'),
        image_size=reader.size('image_resolution'),
    )


def plain(value: Any) -> Any:
    """Return numbers and lists instead of numpy's, so that values can be compared."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return value


class _Reader:
    """Reads keys of one server's metadata; a key without a value says nothing."""

    def __init__(self, metadata: dict[str, Any], url: str) -> None:
        self._metadata, self._url = metadata, url

    def text(self, key: str) -> str:
        value = self._metadata.get(key)
        if value is None:
            return ''
        if not isinstance(value, str) or len(value) > _LONGEST_NAME:
            raise self._error(key, 'a short text')
        return value

    def names(self, key: str) -> tuple[str, ...]:
        value = self._metadata.get(key)
        if value is None:
            return ()
        is_good = isinstance(value, list) and 0 < len(value) <= _MOST_NAMES
        if not is_good or not all(isinstance(n, str) and len(n) <= _LONGEST_NAME for n in value):
            raise self._error(key, 'a list of names')
        return tuple(value)

    def rate_hz(self, key: str) -> float | None:
        value = plain(self._metadata.get(key))
        if value is None:
            return None
        if type(value) not in (int, float) or not isfinite(value) or value <= 0.0:
            raise self._error(key, 'steps per second above 0')
        return float(value)

    def steps(self, key: str) -> int | None:
        value = plain(self._metadata.get(key))
        if value is None:
            return None
        if type(value) is not int or not 0 < value <= _LONGEST_HORIZON:
            raise self._error(key, f'1 to {_LONGEST_HORIZON} steps')
        return value

    def size(self, key: str) -> tuple[int, int] | None:
        if key not in self._metadata:
            return None
        value = plain(self._metadata[key])
        if value is None:
            return AS_CAPTURED
        is_pair = isinstance(value, list) and len(value) == 2
        if not is_pair or not all(type(side) is int and 0 < side <= _LARGEST_PX for side in value):
            raise self._error(key, f'height and width, 1 to {_LARGEST_PX} px each, or none')
        return value[0], value[1]

    def _error(self, key: str, allowed: str) -> PolicyError:
        found = f'{self._metadata[key]!r:.60}'
        return PolicyError(f'{self._url}: {key}: found {found}; allowed: {allowed}')
