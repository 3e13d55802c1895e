from dataclasses import replace

import numpy as np
import pytest
from vla_action_filter.config import FilterConfig
from vla_action_filter.limits.motion_limiter import MotionLimiter

JOINTS = FilterConfig(cartesian=False)


def run(limiter: MotionLimiter, target, count: int, scale: float = 1.0) -> np.ndarray:
    """Track a still target; return the commanded positions, shape (count, 7)."""
    positions = []
    for _ in range(count):
        limiter.step(np.array(target), np.zeros(7), scale)
        positions.append(limiter.position)
    return np.array(positions)


@pytest.fixture(params=[1.0, 0.02], ids=['exact', 'jerk'])
def limiter(cell, request) -> MotionLimiter:
    limiter = MotionLimiter(cell, replace(JOINTS, jerk_fraction=request.param))
    limiter.reset(cell.home[:7])
    return limiter


def test_a_reachable_moving_target_is_tracked_without_lag(cell):
    limiter = MotionLimiter(cell, JOINTS)
    limiter.reset(cell.home[:7])
    amplitude, omega, errors = 0.3, 3.0, []
    for k in range(1, 400):
        target = cell.home[:7] + amplitude * np.sin(omega * k * 0.01)
        desired_velocity = np.full(7, amplitude * omega * np.cos(omega * k * 0.01))
        limiter.step(target, desired_velocity, 1.0)
        errors.append(np.abs(np.array(limiter.position) - target).max())
    assert max(errors[50:]) < 1e-3


def test_a_still_target_is_reached(limiter, cell):
    target = cell.home[:7] + [0.5, -0.4, 0.3, 0.6, -0.7, 0.2, 0.9]
    positions = run(limiter, target, 400)
    assert positions[-1] == pytest.approx(target, abs=1e-3)


def test_a_still_target_is_not_overshot(cell):
    limiter = MotionLimiter(cell, JOINTS)
    limiter.reset(cell.home[:7])
    target = cell.home[:7] + [0.5, 0.4, 0.3, 0.6, 0.7, 0.2, 0.9]
    assert (run(limiter, target, 400) <= target + 1e-9).all()


def test_too_fast_a_wish_slows_all_joints_alike(cell):
    limiter = MotionLimiter(cell, JOINTS)
    limiter.reset(cell.home[:7])
    direction = np.array([1.0, 0.5, -0.5, 0.25, -1.0, 0.75, 0.1])
    path = run(limiter, cell.home[:7] + direction, 60, scale=0.05) - cell.home[:7]
    moved = path[-1] - path[30]
    assert moved[0] > 0.03
    assert moved / moved[0] == pytest.approx(direction, abs=1e-3)


def test_braking_keeps_the_direction_of_the_path(cell):
    limiter = MotionLimiter(cell, JOINTS)
    limiter.reset(cell.home[:7])
    run(limiter, cell.home[:7] + np.linspace(0.3, 1.2, 7), 15)
    before = np.array(limiter.velocity)
    limiter.brake()
    after = np.array(limiter.velocity)
    assert after / after[0] == pytest.approx(before / before[0])
    assert 0.0 < after[0] < before[0]


def test_braking_ends_at_rest(limiter, cell):
    run(limiter, cell.home[:7] + 1.0, 20)
    assert limiter.is_moving
    for _ in range(100):
        limiter.brake()
    assert not limiter.is_moving
    still = list(limiter.position)
    limiter.brake()
    assert limiter.position == pytest.approx(still, abs=1e-9)


@pytest.mark.parametrize(
    ('offset', 'scale', 'reason'),
    [
        (1.0, 1.0, 'acceleration'),
        (0.0, 1.0, None),
        (4.0, 1.0, 'position'),
        (1.0, 0.01, 'velocity'),
    ],
)
def test_the_active_limit_is_named(cell, offset, scale, reason):
    limiter = MotionLimiter(cell, JOINTS)
    limiter.reset(cell.home[:7])
    target = cell.home[:7] + np.array([offset, 0, 0, 0, 0, 0, 0])
    reasons = limiter.step(target, np.zeros(7), scale)
    names = [text for text in reasons if text.endswith('panda_joint1')]
    assert (reason is None and not reasons) or f'{reason} panda_joint1' in names
