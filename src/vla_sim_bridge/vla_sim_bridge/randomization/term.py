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
from vla_contract.errors import SettingError, SimError
from vla_contract.schema import setting
from vla_contract.values import Vector

Bound = float | Vector
OPERATIONS = ('add', 'scale', 'set')
NUMBERS = (0.0, 2.0**31 - 1)
"""Limits of a term whose numbers name something, such as a texture or a seed."""
_LEAST = 1e-12
DISTRIBUTIONS = ('uniform', 'log_uniform', 'gaussian', 'integer')


def random_stream(seed: int, term: str) -> np.random.Generator:
    """Return the generator of one named term, so that adding a term never shifts another."""
    return np.random.default_rng([seed, zlib.crc32(term.encode())])


@dataclass(frozen=True)
class TermConfig:
    """How one term is sampled, as the YAML gives it.

    Attributes:
        range: lowest and highest value: an offset for add, a factor for scale, else the value.
        ranges: instead of it, one such pair per number where joints differ, as identification
            writes them; `range` is then what holds them all.
        distribution: uniform, log_uniform, integer (both ends included), or gaussian: mean in
            the middle, two standard deviations to either end, redrawn outside.
    """

    range: tuple[float, float] = setting((math.nan, math.nan), doc='lowest and highest')
    distribution: str = setting('uniform', doc='how values lie', choices=DISTRIBUTIONS)
    ranges: tuple[tuple[float, float], ...] = setting((), doc='the same, number by number')

    def __post_init__(self) -> None:
        if self.ranges:
            low, high = zip(*self.ranges, strict=True)
            object.__setattr__(self, 'range', (min(low), max(high)))


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
        limits: what no range may leave, since beyond it the world breaks or the number means
            nothing.
        needs: terms of which one must be there, because this one says more about it and does
            nothing alone.
        most_here: the largest number that the compiled world can show, given the stage.
        reaches: what an address behind its name may narrow: object, camera or light; '' where
            there is nothing to choose.

    The stage is whatever `apply` writes to; see `randomization.stage`.
    """

    name: str
    unit: str
    operation: str
    apply: Callable[[Any, Vector], None]
    doc: str
    size: Callable[[Any], int] = lambda stage: 1
    neutral: Callable[[Any], float] | None = None
    limits: tuple[float, float] = (-math.inf, math.inf)
    needs: tuple[str, ...] = ()
    most_here: Callable[[Any], float] = lambda stage: math.inf
    reaches: str = ''

    def centre(self, stage: Any) -> float | None:
        """Return the number that changes nothing, None if every number changes something."""
        if self.operation == 'set':
            return self.neutral(stage) if self.neutral else None
        return 0.0 if self.operation == 'add' else 1.0

    def scaled(self, config: TermConfig, difficulty: float, stage: Any) -> tuple[Bound, Bound]:
        """Return the range shrunk towards what changes nothing; difficulty 1 leaves it.

        A log-uniform range of factors is shrunk in the logarithm, so that its median stays.

        Raises:
            SimError: there are ranges for another count of numbers than this world has.
        """
        low, high = self._bounds(config, stage)
        centre = self.centre(stage)
        if centre is None or difficulty == 1.0:
            return low, high
        if config.distribution == 'log_uniform' and centre > 0.0:
            factors = np.array([low, high]) / centre
            low, high = centre * factors**difficulty
            return low, high
        return centre + difficulty * (low - centre), centre + difficulty * (high - centre)

    def sample(self, config: TermConfig, difficulty: float, seed: int, stage: Any) -> Vector:
        """Draw this term's numbers of one episode, shape (size,)."""
        low, high = self.scaled(config, difficulty, stage)
        rng = random_stream(seed, self.name)
        return _DRAW[config.distribution](rng, low, high, self.size(stage))

    def _bounds(self, config: TermConfig, stage: Any) -> tuple[Bound, Bound]:
        if not config.ranges:
            return config.range
        size = self.size(stage)
        if len(config.ranges) != size:
            raise SimError(
                f'term {self.name}: found {len(config.ranges)} ranges; this world needs {size}'
            )
        low, high = np.array(config.ranges).T
        return low, high

    def check(self, config: TermConfig, where: str) -> None:
        """Refuse a range that no world can have.

        Raises:
            SettingError: low above high, not finite, beyond the limits, a scale below 0, a
                logarithm of nothing, no whole number for integer.
        """
        for low, high in config.ranges or (config.range,):
            self._check_pair(config, low, high, where)

    def _check_pair(self, config: TermConfig, low: float, high: float, where: str) -> None:
        least, most = self.limits
        if self.operation == 'scale':
            least = max(least, 0.0)
        if config.distribution == 'log_uniform':
            least = max(least, _LEAST)
        if not (math.isfinite(low) and math.isfinite(high) and least <= low <= high <= most):
            allowed = 'two finite numbers, the first not above the second'
            bounds = (('least', least), ('most', most))
            told = ' and '.join(f'at {name} {v:g}' for name, v in bounds if math.isfinite(v))
            allowed += f', both {told}' if told else ''
            found = 'nothing' if math.isnan(low) else str([low, high])
            raise SettingError(where, f'terms.{self.name}.range', found, allowed)
        if config.distribution == 'integer' and math.ceil(low) > math.floor(high):
            name, found = f'terms.{self.name}.range', str([low, high])
            raise SettingError(where, name, found, 'a range that holds a whole number')


def _uniform(rng: np.random.Generator, low: Bound, high: Bound, size: int) -> Vector:
    return rng.uniform(low, high, size)


def _log_uniform(rng: np.random.Generator, low: Bound, high: Bound, size: int) -> Vector:
    # What was shrunk to nothing has no logarithm.
    least = np.maximum(low, _LEAST)
    values: Vector = np.exp(rng.uniform(np.log(least), np.log(np.maximum(high, _LEAST)), size))
    return np.clip(values, low, high)


def _integer(rng: np.random.Generator, low: Bound, high: Bound, size: int) -> Vector:
    first, last = np.ceil(low), np.floor(high)
    # Shrunk by the difficulty, a range may lie between two whole numbers.
    nearest = np.rint((np.asarray(low) + high) / 2)
    first, last = (np.where(first > last, nearest, end).astype(np.int64) for end in (first, last))
    return rng.integers(first, last + 1, size).astype(np.float64)


def _gaussian(rng: np.random.Generator, low: Bound, high: Bound, size: int) -> Vector:
    """Draw a truncated normal; one value is outside in twenty, so it ends soon."""
    low, high = np.broadcast_to(low, size), np.broadcast_to(high, size)
    mean, deviation = (low + high) / 2, (high - low) / 4
    values = rng.normal(mean, deviation)
    outside: NDArray[np.bool_] = (values < low) | (values > high)
    while outside.any():
        values[outside] = rng.normal(mean[outside], deviation[outside])
        outside = (values < low) | (values > high)
    return values


_DRAW = {
    'uniform': _uniform,
    'log_uniform': _log_uniform,
    'gaussian': _gaussian,
    'integer': _integer,
}
