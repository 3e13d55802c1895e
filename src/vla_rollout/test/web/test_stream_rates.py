import pytest
from vla_rollout.web.stream_rates import StreamRates


def rates_of(clock, period_s, count, age_s=0.02):
    rates = StreamRates(clock)
    for _ in range(count):
        clock.now_s += period_s
        rates.see('top', age_s)
    return rates


@pytest.mark.parametrize('hz', [5, 30, 100])
def test_a_steady_stream_has_its_rate_and_age(clock, hz):
    fact = rates_of(clock, 1 / hz, 5 * hz).facts()['top']
    assert fact['hz'] == pytest.approx(hz, rel=0.02)
    assert fact['age_s'] == pytest.approx(0.02, abs=1e-3)


def test_one_that_stopped_becomes_rare_and_old(clock):
    rates = rates_of(clock, 0.1, 50)
    clock.now_s += 5.0
    fact = rates.facts()['top']
    assert fact['hz'] == 0.0
    assert fact['age_s'] == pytest.approx(5.02)


def test_a_single_message_has_no_rate_yet(clock):
    assert rates_of(clock, 0.1, 1).facts() == {'top': {'hz': 0.0, 'age_s': 0.02}}
