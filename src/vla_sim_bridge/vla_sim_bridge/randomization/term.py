"""One randomised quantity: how it is sampled, and what it is relative to.

A term is sampled around the value that was authored, never around the last one, from a random
stream of its own: adding a term changes no other term's values, and an episode is the same
whatever came before it.
"""

from collections.abc import Callable
from dataclasses import dataclass
import math
from typing import Any
import zlib

import numpy as np
from numpy.typing import NDArray
from vla_contract.errors import SettingError
from vla_contract.schema import setting
from vla_contract.values import Vector

OPERATIONS = ('add', 'scale', 'set')
DISTRIBUTIONS = ('uniform', 'log_uniform', 'gaussian', 'integer')


def random_stream(seed: int, term: str) -> np.random.Generator:
    """Return the generator of one named term, so that adding a term never shifts another."""
    return np.random.default_rng([seed, zlib.crc32(term.encode())])


@dataclass(frozen=True)
class TermConfig:
    """How one term is sampled, as the YAML gives it.

    Attributes:
        range: lowest and highest value: an offset for add, a factor for scale, else the value.
        distribution: uniform, log_uniform, integer (both ends included), or gaussian: mean in
            the middle, two standard deviations to either end, redrawn outside.
    """

    range: tuple[float, float] = setting(doc='lowest and highest')
    distribution: str = setting('uniform', doc='how values lie', choices=DISTRIBUTIONS)


@dataclass(frozen=True)
class Term:
    """A row of the table of what can be randomised.

    Attributes:
        name: key in the YAML and in the manifest.
        unit: SI unit of the sampled number, '' for none.
        operation: what the number does to the authored value: add, scale or set.
        apply: writes sampled numbers, shape (size,), to a stage.
        doc: one line for tables.
        size: how many numbers are drawn, given the stage.
        neutral: of a set term, the number that leaves the nominal world; None where there is no
            such number, so that difficulty cannot shrink its range.

    The stage is whatever `apply` writes to; see `randomization.stage`.
    """

    name: str
    unit: str
    operation: str
    apply: Callable[[Any, Vector], None]
    doc: str
    size: Callable[[Any], int] = lambda stage: 1
    neutral: Callable[[Any], float] | None = None

    def centre(self, stage: Any) -> float | None:
        """Return the number that changes nothing, None if every number changes something."""
        if self.operation == 'set':
            return self.neutral(stage) if self.neutral else None
        return 0.0 if self.operation == 'add' else 1.0

    def scaled(self, config: TermConfig, difficulty: float, stage: Any) -> tuple[float, float]:
        """Return the range shrunk towards what changes nothing; difficulty 1 leaves it."""
        low, high = config.range
        centre = self.centre(stage)
        if centre is None or difficulty == 1.0:
            return low, high
        return centre + difficulty * (low - centre), centre + difficulty * (high - centre)

    def sample(self, config: TermConfig, difficulty: float, seed: int, stage: Any) -> Vector:
        """Draw this term's numbers of one episode, shape (size,)."""
        low, high = self.scaled(config, difficulty, stage)
        rng = random_stream(seed, self.name)
        return _DRAW[config.distribution](rng, low, high, self.size(stage))

    def check(self, config: TermConfig, where: str) -> None:
        """Refuse a range that no world can have.

        Raises:
            SettingError: low above high, not finite, a scale below 0, a logarithm of nothing.
        """
        low, high = config.range
        least = 0.0 if self.operation == 'scale' else -math.inf
        if config.distribution == 'log_uniform':
            least = 1e-12
        if not (math.isfinite(low) and math.isfinite(high) and least <= low <= high):
            allowed = 'two finite numbers, the first not above the second'
            if least > -math.inf:
                allowed += f', both at least {least:g}'
            raise SettingError(where, f'terms.{self.name}.range', str([low, high]), allowed)


def _uniform(rng: np.random.Generator, low: float, high: float, size: int) -> Vector:
    return rng.uniform(low, high, size)


def _log_uniform(rng: np.random.Generator, low: float, high: float, size: int) -> Vector:
    values: Vector = np.exp(rng.uniform(math.log(low), math.log(high), size))
    return np.clip(values, low, high)


def _integer(rng: np.random.Generator, low: float, high: float, size: int) -> Vector:
    return rng.integers(math.ceil(low), math.floor(high) + 1, size).astype(np.float64)


def _gaussian(rng: np.random.Generator, low: float, high: float, size: int) -> Vector:
    """Draw a truncated normal; one value is outside in twenty, so it ends soon."""
    mean, deviation = (low + high) / 2, (high - low) / 4
    values = rng.normal(mean, deviation, size)
    outside: NDArray[np.bool_] = (values < low) | (values > high)
    while outside.any():
        values[outside] = rng.normal(mean, deviation, int(outside.sum()))
        outside = (values < low) | (values > high)
    return values


_DRAW = {
    'uniform': _uniform,
    'log_uniform': _log_uniform,
    'gaussian': _gaussian,
    'integer': _integer,
}
