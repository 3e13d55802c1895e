"""What the soak calls growth."""

import json
import math

import numpy as np
import pytest
from support.growth import Growth, Series

LEVEL = 2.0


def judge(per_hour: float, anew: list[float], allowed: float | None = None) -> Growth:
    """Judge an hour of noisy samples that begin at LEVEL."""
    hours = np.linspace(0.0, 1.0, 360)
    noise = np.random.default_rng(0).normal(0.0, 0.05, len(hours))
    series = Series(list(hours), list(LEVEL + per_hour * hours + noise))
    return Growth.of('latency', series, allowed, anew)


def test_a_steady_figure_does_not_grow() -> None:
    """Noise is no slope."""
    assert judge(0.0, []).verdict == '-'


def test_what_rises_by_more_than_allowed_grows() -> None:
    """Alone, the slope decides."""
    row = judge(1.0, [])
    assert row.verdict == 'GROWS'
    assert row.per_hour == pytest.approx(1.0, abs=0.05)


def test_fresh_starts_that_are_as_high_are_said_and_excuse_nothing() -> None:
    """The machine may have been slower at the end; it has grown all the same."""
    row = judge(1.0, [2.9, 3.0, 3.1])
    assert row.grows
    assert row.verdict == 'GROWS, as high anew'


def test_one_high_start_among_low_ones_says_nothing() -> None:
    """The middle counts."""
    assert judge(1.0, [2.0, 2.0, 3.1]).verdict == 'GROWS'


def test_low_fresh_starts_do_not_make_a_steady_figure_grow() -> None:
    """Nothing rose."""
    assert judge(0.0, [0.5]).verdict == '-'


def test_memory_is_judged_by_what_is_allowed_not_by_its_size() -> None:
    """0.3 per hour is more than a tenth of 2."""
    assert judge(0.3, []).grows
    assert not judge(0.3, [], allowed=5.0).grows


def test_what_is_judged_by_nothing_never_grows_and_can_be_written() -> None:
    """JSON knows no infinity."""
    row = judge(1.0, [], allowed=math.inf)
    assert not row.grows
    assert json.loads(json.dumps(row.plain(), allow_nan=False))['allowed_per_hour'] is None


def test_what_was_before_the_warm_up_does_not_count() -> None:
    """Samples at its end do."""
    series = Series([0.0, 0.1, 0.2], [9.0, 1.0, 2.0]).after(0.1)
    assert series == Series([0.1, 0.2], [1.0, 2.0])
