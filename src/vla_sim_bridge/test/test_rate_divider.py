from vla_sim_bridge.rate_divider import RateDivider


def fired(period: int, times) -> list[int]:
    divider = RateDivider(period)
    return [time for time in times if divider.is_due(time)]


def test_it_fires_every_period_without_drift():
    assert fired(10, range(0, 61, 2)) == [0, 10, 20, 30, 40, 50, 60]


def test_a_period_that_is_no_multiple_of_the_tick_keeps_its_mean():
    assert fired(15, range(0, 100, 10)) == [0, 20, 30, 50, 60, 80, 90]


def test_a_gap_causes_no_burst():
    assert fired(10, [0, 57, 58, 60, 61]) == [0, 57, 60]
