"""What the soak calls growth."""

from growth import Growth, growth, Series
import numpy as np
import pytest

LEVEL, ALLOWED = 2.0, 0.2


def judge(per_hour: float, anew: list[float], allowed: float | None = None) -> Growth:
    """Judge an hour of noisy samples that begin at LEVEL."""
    hours = np.linspace(0.0, 1.0, 360)
    noise = np.random.default_rng(0).normal(0.0, 0.05, len(hours))
    series = Series(list(hours), list(LEVEL + per_hour * hours + noise))
    return growth('latency', series, allowed, anew)


def test_a_steady_figure_does_not_grow() -> None:
    """Noise is no slope."""
    assert judge(0.0, []).verdict == '-'


def test_what_rises_by_more_than_allowed_grows() -> None:
    """Alone, the slope decides."""
    row = judge(1.0, [])
    assert row.grows
    assert row.per_hour == pytest.approx(1.0, abs=0.05)


def test_a_fresh_start_that_is_as_slow_shows_that_age_is_not_the_reason() -> None:
    """The machine was slower at the end."""
    assert judge(1.0, [2.9, 3.0, 3.1]).verdict == 'rises, anew too'


def test_a_fresh_start_that_is_fast_again_shows_that_it_grew_with_age() -> None:
    """One slow start among fast ones does not excuse it."""
    assert judge(1.0, [2.0, 2.0, 3.1]).grows


def test_a_slow_fresh_start_does_not_make_a_steady_figure_grow() -> None:
    """Nothing rose."""
    assert judge(0.0, [0.5]).verdict == '-'


def test_memory_is_judged_by_what_is_allowed_not_by_its_size() -> None:
    """0.3 per hour is more than a tenth of 2."""
    assert judge(0.3, []).grows
    assert not judge(0.3, [], allowed=5.0).grows


def test_what_was_before_the_warm_up_does_not_count() -> None:
    """Samples at its end do."""
    series = Series([0.0, 0.1, 0.2], [9.0, 1.0, 2.0]).after(0.1)
    assert series == Series([0.1, 0.2], [1.0, 2.0])
