"""What an arm did between the start of an episode and its first frame, as its manifest has it."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from vla_contract.errors import SimError
from vla_contract.values import Vector

_KEY = 'lead_in'


@dataclass(frozen=True)
class LeadIn:
    """Commands that were executed one after another.

    Attributes:
        period_ns: how long each took [ns].
        positions: commanded positions, the cell's order, each of shape (D,) [rad or m].
    """

    period_ns: int = 0
    positions: list[Vector] = field(default_factory=list)

    @classmethod
    def of(cls, manifest: dict[str, Any], joints: int) -> 'LeadIn':
        """Return that of a manifest for a cell of so many joints; most have none.

        Raises:
            SimError: it is no such sequence.
        """
        if _KEY not in manifest:
            return cls()
        try:
            positions = np.array(manifest[_KEY]['positions'], dtype=np.float64)
            period_ns = int(manifest[_KEY]['period_ns'])
        except (KeyError, TypeError, ValueError) as error:
            raise SimError(f'manifest: {_KEY}: {type(error).__name__}: {error}') from error
        if positions.shape[1:] != (joints,) or not np.isfinite(positions).all() or period_ns < 0:
            raise SimError(
                f'manifest: {_KEY}: found positions of shape {list(positions.shape)} and a '
                f'period of {period_ns} ns; allowed: finite positions of {joints} joints, a '
                'period from 0 on'
            )
        return cls(period_ns, list(positions))

    def entry(self) -> dict[str, Any]:
        """Return what it adds to a manifest, nothing without commands; JSON keeps every bit."""
        if not self.positions:
            return {}
        positions = [position.tolist() for position in self.positions]
        return {_KEY: {'period_ns': self.period_ns, 'positions': positions}}
