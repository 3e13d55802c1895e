"""Refuses a method that is slower or worse than it may be."""

from dataclasses import dataclass

from vla_policy_server.precision.comparing.result import Measurement


@dataclass(frozen=True)
class Limits:
    """What a method must keep to be accepted.

    Attributes:
        speedup: smallest median latency of fp32 divided by its own.
        error_of_range: largest action error as a share of the joint's range; 1e-3 is 6 mrad of
            a joint that turns almost a whole circle.
        success_drop: largest loss of success rate against fp32.
    """

    speedup: float = 1.0
    error_of_range: float = 1e-3
    success_drop: float = 0.05


def objections(found: Measurement, reference: Measurement, limits: Limits) -> tuple[str, ...]:
    """Return why a method is refused, in words; empty when it is not."""
    reasons = []
    if found.speedup < limits.speedup:
        reasons.append(f'{found.speedup:.2f} x the speed of fp32 (allowed: {limits.speedup:g} up)')
    error = found.error
    if error is not None and not error.of_range <= limits.error_of_range:
        reasons.append(
            f'error {error.of_range:.1e} of the range of {error.joint} '
            f'(allowed: {limits.error_of_range:g})'
        )
    if found.success is not None and reference.success is not None:
        drop = reference.success.rate - found.success.rate
        if drop > limits.success_drop:
            reasons.append(
                f'success {found.success.rate:.0%} where fp32 has {reference.success.rate:.0%} '
                f'(allowed drop: {limits.success_drop:.0%})'
            )
    return tuple(reasons)
