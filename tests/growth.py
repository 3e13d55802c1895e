"""Whether a figure grows while something runs: its slope, and what a fresh start shows."""

from dataclasses import dataclass, field

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
    """A figure over the time something ran, and after each of some fresh starts."""

    name: str
    first: float
    last: float
    per_hour: float
    interval_95: tuple[float, float]
    allowed_per_hour: float
    anew: list[float]

    @property
    def rises(self) -> bool:
        """Tell whether the whole interval of the slope lies above what is allowed."""
        return self.interval_95[0] > self.allowed_per_hour

    @property
    def grows(self) -> bool:
        """Tell whether it rises with the age of what runs.

        What ends within what is allowed of the middle of the fresh starts rose for another reason.
        """
        if not self.anew:
            return self.rises
        return self.rises and self.last - float(np.median(self.anew)) > self.allowed_per_hour

    @property
    def verdict(self) -> str:
        return 'GROWS' if self.grows else 'rises, anew too' if self.rises else '-'


def growth(name: str, series: Series, allowed: float | None, anew: list[float]) -> Growth:
    """Judge a series by Theil-Sen's slope, which a few disturbed samples do not move.

    Args:
        name: of the figure.
        series: its samples after the warm-up.
        allowed: growth per hour that counts as none, in the figure's unit, or None for a tenth of
            its median.
        anew: its level after each fresh start; empty where that says nothing.
    """
    values = np.array(series.values)
    slope, _, low, high = theilslopes(values, np.array(series.hours))
    tenth = max(1, len(values) // 10)
    return Growth(
        name=name,
        first=float(np.median(values[:tenth])),
        last=float(np.median(values[-tenth:])),
        per_hour=float(slope),
        interval_95=(float(low), float(high)),
        allowed_per_hour=0.1 * abs(float(np.median(values))) if allowed is None else allowed,
        anew=anew,
    )
