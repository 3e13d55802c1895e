import numpy as np
import pytest
from scipy.interpolate import CubicHermiteSpline
from vla_lerobot.drivers.commands.curve import Curve, step

TIMES_NS = np.array([0, 10_000_000, 30_000_000])
POSITIONS = np.array([[0.0, 1.0], [0.1, 1.2], [0.3, 0.9]])
VELOCITIES = np.array([[5.0, 0.0], [10.0, -8.0], [0.0, 0.0]])


@pytest.mark.parametrize('now_ns', [0, 1_000_000, 10_000_000, 17_000_000, 29_999_999])
def test_with_velocities_it_is_the_cubic_hermite_spline(now_ns):
    spline = CubicHermiteSpline(TIMES_NS * 1e-9, POSITIONS, VELOCITIES)
    found = Curve(TIMES_NS, POSITIONS, VELOCITIES).at(now_ns)
    assert found == pytest.approx(spline(now_ns * 1e-9), abs=1e-12)


def test_without_them_it_is_a_line():
    assert Curve(TIMES_NS, POSITIONS).at(20_000_000) == pytest.approx([0.2, 1.05])


def test_it_is_held_before_and_after():
    curve = Curve(TIMES_NS, POSITIONS, VELOCITIES)
    assert curve.at(-1) == pytest.approx(POSITIONS[0])
    assert curve.at(10**12) == pytest.approx(POSITIONS[-1])
    assert step(POSITIONS[0], 5).at(10**12) == pytest.approx(POSITIONS[0])
