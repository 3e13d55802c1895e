import pytest
from vla_action_filter.watchdogs.loop_timing import LoopTiming


def test_periods_and_cycles_are_counted_apart():
    times = iter([0, 100_000, 10_000_000, 10_300_000, 22_000_000, 22_200_000])
    timing = LoopTiming(lambda: next(times))
    for _ in range(3):
        timing.begin()
        timing.end()
    report = timing.report()
    assert report['period_ms_p50'] == pytest.approx(11.0)
    assert report['period_ms_max'] == pytest.approx(12.0)
    assert report['cycle_us_p50'] == pytest.approx(200.0)
    assert report['cycle_us_max'] == pytest.approx(300.0)


def test_a_pause_is_no_period():
    times = iter([0, 0, 10**12, 10**12])
    timing = LoopTiming(lambda: next(times))
    timing.begin()
    timing.end()
    timing.restart()
    timing.begin()
    timing.end()
    assert 'period_ms_p50' not in timing.report()
