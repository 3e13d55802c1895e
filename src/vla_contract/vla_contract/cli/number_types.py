"""Numbers on a command line, each with its bounds; the types that argparse is given."""

import argparse
from collections.abc import Callable
import math
import os
import re

_WHOLE = re.compile(r'[+-]?[0-9]{1,20}')
MOST_EPISODES = 100_000
"""Episodes of one command: so many seeds from 0 on are kept for evaluation, and each episode of a
randomised scene leaves about 8 kB in memory and in the summary."""

MOST_STEPS = 10_000_000
"""Steps of a training: more than a month at three a second."""


def whole(lower: int, upper: int | None = None) -> Callable[[str], int]:
    """Return a type for whole numbers within bounds, both included."""
    allowed = f'from {lower} up' if upper is None else f'from {lower} to {upper}'

    def parse(text: str) -> int:
        value = int(text) if _WHOLE.fullmatch(text) else None
        if value is None or value < lower or (upper is not None and value > upper):
            raise argparse.ArgumentTypeError(f'found {text}; allowed: a whole number {allowed}')
        return value

    return parse


def real(lower: float, upper: float, unit: str = '') -> Callable[[str], float]:
    """Return a type for finite numbers within bounds, both included."""
    allowed = f'from {lower:g} to {upper:g} {unit}'.strip()

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not lower <= value <= upper:
            raise argparse.ArgumentTypeError(f'found {text}; allowed: a number {allowed}')
        return value

    return parse


positive = whole(1)
natural = whole(0)
seed = whole(0, 4_000_000_000)
"""A seed to begin with: those of all episodes from it on stay below 2**32."""
steps = whole(1, MOST_STEPS)
episodes = whole(1, MOST_EPISODES)
# More processes than cores gain nothing, and each holds a world and a policy.
workers = whole(1, 4 * (os.cpu_count() or 1))
share = real(0.0, 1.0)
