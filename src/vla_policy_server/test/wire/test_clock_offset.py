from hypothesis import given, settings
from hypothesis import strategies as st
from vla_policy_server.wire.clock_offset import ClockOffset, Exchange

TRAVEL = st.integers(0, 50_000_000)
OFFSET = st.integers(-(10**18), 10**18)


def exchange(offset: int, up: int, work: int, down: int) -> Exchange:
    return Exchange(0, up + offset, up + work + offset, up + work + down)


def test_the_offset_is_unknown_before_the_first_exchange():
    assert ClockOffset().offset_ns == 0
    assert ClockOffset().error_ns is None


@given(OFFSET, st.lists(st.tuples(TRAVEL, TRAVEL, TRAVEL), min_size=1))
@settings(deadline=None)
def test_the_true_offset_lies_within_the_stated_error(offset, travels):
    clock = ClockOffset()
    for up, work, down in travels:
        clock.add(exchange(offset, up, work, down))
    assert clock.error_ns is not None
    assert abs(clock.offset_ns - offset) <= clock.error_ns + 1


def test_the_fastest_exchange_counts_until_it_is_forgotten():
    clock = ClockOffset(size=2)
    clock.add(exchange(7, 1000, 5, 1000))
    clock.add(exchange(7, 90_000, 5, 10))
    assert (clock.offset_ns, clock.error_ns) == (7, 1000)
    clock.add(exchange(9, 3000, 5, 3000))
    assert (clock.offset_ns, clock.error_ns) == (9, 3000)
