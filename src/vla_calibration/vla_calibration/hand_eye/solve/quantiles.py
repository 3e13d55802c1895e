"""Quantiles of the distributions that residuals follow, as scipy.stats computes them.

scipy takes up to half a second to import, so that it is loaded when one is needed.
"""

from functools import cache


@cache
def chi2_quantile(share: float, degrees_of_freedom: int) -> float:
    """Return the value below which a share of a chi-squared distribution lies."""
    from scipy import special

    return float(2.0 * special.gammaincinv(degrees_of_freedom / 2.0, share))


@cache
def f_quantile(share: float, numerator: float, denominator: float) -> float:
    """Return the value below which a share of an F distribution lies, by degrees of freedom."""
    from scipy import special

    return float(special.fdtri(numerator, denominator, share))


@cache
def normal_quantile(share: float) -> float:
    """Return the value below which a share of the standard normal distribution lies."""
    from scipy import special

    return float(special.ndtri(share))
