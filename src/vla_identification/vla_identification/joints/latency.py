"""By how much one recorded signal lags behind another, to a fraction of a sample.

The reference is interpolated at the response's times less a trial delay, so their rates and
stamps need not match; the delay is where the two correlate most. For a robot that follows its
command like a first-order servo, what comes out is transport delay plus time constant as long as
the motion is slow against it: the lag that a policy sees.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from vla_contract.errors import VlaError
from vla_contract.values import Vector

# Trial delays lie this close together before the best is refined.
_COARSE_S = 0.02
# Correlation below which a delay says nothing.
_SMALLEST_CORRELATION = 0.8
_FEWEST_SAMPLES = 8


class LatencyError(VlaError):
    """Two signals do not allow a delay to be measured."""


@dataclass(frozen=True)
class Delay:
    """A measured delay.

    Attributes:
        seconds: by which the response lags [s].
        sigma_s: its standard deviation, from the part of the response that the reference does
            not explain [s].
        correlation: of reference and response at that delay, 1 at best.
        is_at_limit: whether the best delay is the largest or smallest one tried.
    """

    seconds: float
    sigma_s: float
    correlation: float
    is_at_limit: bool

    @property
    def is_trustworthy(self) -> bool:
        """Whether the two signals have so much in common that the number means something."""
        return self.correlation >= _SMALLEST_CORRELATION and not self.is_at_limit


def measure_delay(
    reference_s: Vector,
    reference: Vector,
    response_s: Vector,
    response: Vector,
    most_s: float = 1.0,
    least_s: float = 0.0,
    either_sign: bool = False,
) -> Delay:
    """Return the delay at which the response follows the reference best.

    Args:
        reference_s: times of the reference, shape (N,) [s], increasing.
        reference: shape (N,).
        response_s: times of the response, shape (M,) [s].
        response: shape (M,), in any unit: correlation knows neither scale nor offset.
        most_s: largest delay to try [s].
        least_s: smallest one [s]; negative allows a response whose stamps are early.
        either_sign: let the response be the reversed reference too.

    Raises:
        LatencyError: the signals do not overlap, are too short, or one of them stands still.
    """
    _require_motion(reference, 'reference')
    inside = (response_s >= reference_s[0] + max(most_s, 0.0)) & (
        response_s <= reference_s[-1] + min(least_s, 0.0)
    )
    if inside.sum() < _FEWEST_SAMPLES:
        raise LatencyError(
            f'delay: found {int(inside.sum())} samples that both signals cover with delays from '
            f'{least_s:g} to {most_s:g} s; needed: {_FEWEST_SAMPLES} or more'
        )
    times, values = response_s[inside], response[inside]
    _require_motion(values, 'response')

    def expected(delay_s: float) -> Vector:
        return np.asarray(np.interp(times - delay_s, reference_s, reference))

    return best_delay(expected, values, times, most_s, least_s, either_sign)


def best_delay(
    expected: Callable[[float], Vector],
    values: Vector,
    times: Vector,
    most_s: float,
    least_s: float = 0.0,
    either_sign: bool = False,
) -> Delay:
    """Return the delay for which `expected(delay)` correlates most with `values`, (M,).

    Args:
        expected: what the response should be for a delay [s], shape (M,).
        values: the response.
        times: of the response, shape (M,) [s].
        most_s: largest delay to try [s].
        least_s: smallest one [s].
        either_sign: let a correlation of -1 count as much as one of 1.
    """
    from scipy.optimize import minimize_scalar

    def correlation(delay_s: float) -> float:
        value = _correlation(expected(delay_s), values)
        return abs(value) if either_sign else value

    trials = np.linspace(least_s, most_s, max(3, round((most_s - least_s) / _COARSE_S) + 1))
    best = int(np.argmax([correlation(trial) for trial in trials]))
    low, high = trials[max(best - 1, 0)], trials[min(best + 1, len(trials) - 1)]
    found = minimize_scalar(
        lambda delay: -correlation(delay), bounds=(low, high), method='bounded',
        options={'xatol': 1e-6},
    )  # fmt: skip
    delay_s = float(found.x)
    is_at_limit = best in (0, len(trials) - 1) and least_s != delay_s
    # A delay of nothing is no limit but the answer where the search begins there.
    is_at_limit = is_at_limit and not (best == 0 and abs(delay_s) < _COARSE_S)
    return Delay(delay_s, _sigma(expected, values, delay_s), correlation(delay_s), is_at_limit)


def _sigma(expected: Callable[[float], Vector], values: Vector, delay_s: float) -> float:
    """Return the standard deviation of a delay [s]: noise over slope, as of any least squares.

    The noise of neighbouring samples is alike where the model is wrong; it counts as fewer
    independent samples, by the integrated autocorrelation.
    """
    model = _standardised(expected(delay_s))
    half = _COARSE_S / 2.0
    ahead, behind = expected(delay_s - half), expected(delay_s + half)
    spread = float(np.std(expected(delay_s)))
    slope = (ahead - behind) / (2.0 * half) / max(spread, 1e-300)
    target = _standardised(values)
    gain = float(model @ target) / len(model)
    residual = target - gain * model
    power = float((residual**2).sum())
    if power < 1e-18:
        return 0.0
    alike = float((residual[1:] * residual[:-1]).sum()) / power
    inflation = (1.0 + max(alike, 0.0)) / max(1.0 - max(alike, 0.0), 1e-3)
    noise = power / max(len(model) - 3, 1)
    return float(np.sqrt(noise * inflation / max((gain**2) * (slope**2).sum(), 1e-300)))


def _correlation(first: Vector, second: Vector) -> float:
    return float(_standardised(first) @ _standardised(second)) / len(first)


def _standardised(values: Vector) -> Vector:
    centred = values - values.mean()
    spread = float(centred.std())
    result: Vector = centred / spread if spread > 0.0 else centred
    return result


def _require_motion(values: Vector, what: str) -> None:
    if not np.isfinite(values).all():
        raise LatencyError(f'delay: the {what} has values that are not finite')
    if len(values) < 2 or float(np.ptp(values)) < 1e-9:
        raise LatencyError(f'delay: the {what} does not move')
