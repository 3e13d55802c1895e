import pytest
from vla_policy_server.serving.latency import LatencyWindow


def test_percentiles_in_milliseconds():
    window = LatencyWindow()
    assert window.percentile_ms(50) is None
    for k in range(1, 101):
        window.add(k * 1_000_000)
    assert window.percentile_ms(50) == pytest.approx(50.5)
    assert window.percentile_ms(95) == pytest.approx(95.05)


def test_an_old_spike_is_forgotten():
    window = LatencyWindow(size=10)
    window.add(700_000_000)
    for _ in range(10):
        window.add(100_000_000)
    assert window.percentile_ms(100) == pytest.approx(100.0)
