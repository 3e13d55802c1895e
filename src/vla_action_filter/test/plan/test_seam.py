import numpy as np
import pytest
from vla_action_filter.plan.seam import Seam
from vla_contract.values import to_ns

DURATION_S = 0.3


@pytest.fixture
def seam() -> Seam:
    seam = Seam(dim=2)
    seam.begin(to_ns(1.0), np.array([0.1, -0.2]), np.array([0.5, 0.0]), to_ns(DURATION_S))
    return seam


def test_it_begins_with_the_whole_offset(seam):
    position, velocity = seam.offset(to_ns(1.0))
    assert position == pytest.approx([0.1, -0.2])
    assert velocity == pytest.approx([0.5, 0.0])


def test_it_ends_at_rest_with_none(seam):
    position, velocity = seam.offset(to_ns(1.0 + DURATION_S) - 1)
    assert position == pytest.approx([0, 0], abs=1e-6)
    assert velocity == pytest.approx([0, 0], abs=1e-6)
    assert not seam.offset(to_ns(2.0))[0].any()


def test_velocity_is_the_derivative_of_position(seam):
    for now_ns in range(to_ns(1.01), to_ns(1.29), to_ns(0.013)):
        after, before = seam.offset(now_ns + 1000)[0], seam.offset(now_ns - 1000)[0]
        assert seam.offset(now_ns)[1] == pytest.approx((after - before) / 2e-6, abs=1e-3)


def test_its_acceleration_stays_below_the_stated_bound(seam):
    times_ns = np.linspace(to_ns(1.0), to_ns(1.0 + DURATION_S) - 1, 500).astype(int)
    speeds = np.array([seam.offset(int(now_ns))[1] for now_ns in times_ns])
    peak = np.abs(np.diff(speeds, axis=0)).max(axis=0) / np.diff(times_ns / 1e9).mean()
    bound = 6 * np.array([0.1, 0.2]) / DURATION_S**2 + 4 * np.array([0.5, 0.0]) / DURATION_S
    assert (peak <= bound * 1.01).all()


def test_without_duration_every_step_is_taken_at_once():
    seam = Seam(dim=1)
    seam.begin(0, np.ones(1), np.ones(1), 0)
    assert seam.offset(0)[0] == [0.0]


def test_what_has_not_faded_is_not_begun_anew():
    once, often = Seam(dim=1), Seam(dim=1)
    for seam in (once, often):
        seam.begin(0, np.array([0.1]), np.zeros(1), to_ns(DURATION_S))
    for now_ns in range(to_ns(0.05), to_ns(0.3), to_ns(0.05)):
        often.begin(now_ns, *often.offset(now_ns), to_ns(DURATION_S))
        assert often.offset(now_ns + 1000)[0] == pytest.approx(once.offset(now_ns + 1000)[0])
    assert often.offset(to_ns(DURATION_S))[0] == pytest.approx(0.0, abs=1e-9)


def test_what_would_fade_longer_than_the_new_step_ends_with_it(seam):
    seam.begin(to_ns(1.1), *seam.offset(to_ns(1.1)), to_ns(0.05))
    assert seam.offset(to_ns(1.1))[0] != pytest.approx([0, 0])
    assert not seam.offset(to_ns(1.15))[0].any()


def test_many_steps_in_a_row_never_make_it_jump():
    seam = Seam(dim=1)
    before = np.zeros(1)
    for k in range(100):
        now_ns = k * to_ns(0.01)
        assert seam.offset(now_ns)[0] == pytest.approx(before, abs=0.02)
        before = seam.offset(now_ns)[0] + 0.01
        seam.begin(now_ns, before, seam.offset(now_ns)[1], to_ns(2.0))
        assert seam.offset(now_ns)[0] == pytest.approx(before)
