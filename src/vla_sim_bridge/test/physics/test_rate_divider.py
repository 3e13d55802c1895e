from vla_sim_bridge.physics.rate_divider import RateDivider


def fired(period: int, times) -> list[int]:
    divider = RateDivider(period)
    return [time for time in times if divider.is_due(time)]


def test_it_fires_every_period_without_drift():
    assert fired(10, range(0, 61, 2)) == [0, 10, 20, 30, 40, 50, 60]


def test_a_period_that_is_no_multiple_of_the_tick_keeps_its_mean():
    assert fired(15, range(0, 100, 10)) == [0, 20, 30, 50, 60, 80, 90]


def test_a_gap_causes_no_burst():
    assert fired(10, [0, 57, 58, 60, 61]) == [0, 57, 60]


def test_it_begins_anew_when_told():
    divider = RateDivider(10)
    assert [divider.is_due(now) for now in (0, 7)] == [True, False]
    divider.restart()
    assert [divider.is_due(now) for now in (7, 10, 17)] == [True, False, True]
