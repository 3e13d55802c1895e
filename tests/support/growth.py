"""Whether a figure grows while something runs: its slope, and what fresh starts show beside it."""

from dataclasses import asdict, dataclass, field
import math
from typing import Any, Self

import numpy as np
from scipy.stats import theilslopes


@dataclass
class Series:
    """Samples of one figure over time."""

    hours: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def add(self, hours: float, value: float) -> None:
        self.hours.append(hours)
        self.values.append(value)

    def after(self, hours: float) -> 'Series':
        """Return the samples taken from then on."""
        kept = [k for k, hour in enumerate(self.hours) if hour >= hours]
        return Series([self.hours[k] for k in kept], [self.values[k] for k in kept])


@dataclass(frozen=True)
class Growth:
    """A figure over the time something ran, and its level after each of some fresh starts."""

    name: str
    first: float
    last: float
    per_hour: float
    interval_95: tuple[float, float]
    allowed_per_hour: float
    anew: list[float]

    @classmethod
    def of(cls, name: str, series: Series, allowed: float | None, anew: list[float]) -> Self:
        """Judge a series by Theil-Sen's slope, which a few disturbed samples do not move.

        Args:
            name: of the figure.
            series: its samples after the warm-up, at least two.
            allowed: growth per hour that counts as none, in the figure's unit; infinite where none
                is judged; None for a tenth of its median.
            anew: its level after each fresh start.
        """
        values = np.array(series.values)
        slope, _, low, high = theilslopes(values, np.array(series.hours))
        tenth = max(1, len(values) // 10)
        return cls(
            name=name,
            first=float(np.median(values[:tenth])),
            last=float(np.median(values[-tenth:])),
            per_hour=float(slope),
            interval_95=(float(low), float(high)),
            allowed_per_hour=0.1 * abs(float(np.median(values))) if allowed is None else allowed,
            anew=anew,
        )

    @property
    def grows(self) -> bool:
        """Tell whether the whole interval of the slope lies above what is allowed."""
        return self.interval_95[0] > self.allowed_per_hour

    @property
    def verdict(self) -> str:
        """Say whether it grows, and if so whether fresh starts are as high at its end.

        Those excuse nothing; they say where to look: not at the age of what ran.
        """
        if not self.grows:
            return '-'
        is_anew_too = bool(self.anew) and self.last - np.median(self.anew) <= self.allowed_per_hour
        return 'GROWS, as high anew' if is_anew_too else 'GROWS'

    def plain(self) -> dict[str, Any]:
        """Return it for JSON, which has no infinity: null is allowed anything."""
        allowed = self.allowed_per_hour if math.isfinite(self.allowed_per_hour) else None
        judged = {'allowed_per_hour': allowed, 'grows': self.grows, 'verdict': self.verdict}
        return {**asdict(self), **judged}
