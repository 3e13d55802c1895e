from dataclasses import replace

import numpy as np
import pytest
from vla_action_filter.config import FilterConfig
from vla_action_filter.limits import cartesian_limiter
from vla_action_filter.limits.motion_limiter import MotionLimiter
from vla_contract.kinematics.workspace_kinematics import WorkspaceKinematics
from vla_contract.workspace import Workspace


@pytest.fixture
def limiter(contract) -> MotionLimiter:
    limiter = MotionLimiter(contract, FilterConfig())
    limiter.reset(contract.home[:7])
    return limiter


class Watch:
    """Measures positions with kinematics of its own."""

    def __init__(self, contract) -> None:
        self._kinematics = WorkspaceKinematics(contract)
        self._workspace = contract.workspace
        self._radius = np.array([p.radius for p in contract.workspace.control_points])

    def points(self, arm) -> np.ndarray:
        return self._kinematics.positions(np.array(arm))

    def room(self, arm) -> float:
        """Return the smallest distance to the walls, the margin not taken off [m]."""
        points = self.points(arm)
        box = self._workspace.boxes[0]
        tool = points[[p.name for p in self._workspace.control_points].index('tool')]
        table = (points[:, 2] - self._radius).min()
        return min(table, (tool - box.lower).min(), (np.array(box.upper) - tool).min())

    def apart(self, arm) -> float:
        """Return the smallest distance between links [m]."""
        self._kinematics.update(arm)
        return min(self._kinematics.distances())


def test_targets_beyond_the_walls_never_leave_the_workspace(limiter, contract):
    watch, rng = Watch(contract), np.random.default_rng(0)
    joints = contract.joints[:7]
    worst, closest, target = np.inf, np.inf, contract.home[:7]
    for cycle in range(1500):
        if cycle % 60 == 0:
            target = np.array([rng.uniform(j.lower, j.upper) for j in joints])
        limiter.step(target, np.zeros(7), 1.0)
        worst = min(worst, watch.room(limiter.position))
        closest = min(closest, watch.apart(limiter.position))
    assert worst > 0.0
    assert closest > 0.0


def test_the_table_is_not_entered_and_the_reason_names_it(limiter, contract):
    watch = Watch(contract)
    down = contract.home[:7] + [0.0, 0.8, 0.0, 0.0, 0.0, 0.6, 0.0]
    reasons = [limiter.step(down, np.zeros(7), 1.0) for _ in range(300)][-1]
    assert 0.0 < watch.room(limiter.position) < 0.015
    assert any(text.startswith('table ') for text in reasons)


def test_moving_away_from_a_wall_is_always_allowed(limiter, contract):
    down = contract.home[:7] + [0.0, 0.8, 0.0, 0.0, 0.0, 0.6, 0.0]
    for _ in range(300):
        limiter.step(down, np.zeros(7), 1.0)
    watch, low = Watch(contract), limiter.position
    for _ in range(30):
        limiter.step(contract.home[:7], np.zeros(7), 1.0)
    assert watch.room(limiter.position) > watch.room(low) + 0.02
    for _ in range(170):
        limiter.step(contract.home[:7], np.zeros(7), 1.0)
    assert limiter.position == pytest.approx(contract.home[:7], abs=1e-3)


def test_an_arm_that_starts_outside_may_come_in(contract):
    workspace = contract.workspace
    small = replace(workspace.boxes[0], lower=(0.30, -0.10, 0.05), upper=(0.70, 0.10, 0.60))
    narrow = replace(contract, workspace=replace(workspace, boxes=(small,)))
    limiter = MotionLimiter(narrow, FilterConfig())
    limiter.reset(contract.home[:7] + [0.6, 0, 0, 0, 0, 0, 0])
    for _ in range(300):
        limiter.step(contract.home[:7], np.zeros(7), 1.0)
    assert limiter.position == pytest.approx(contract.home[:7], abs=1e-3)


def test_no_control_point_is_faster_than_the_limit(contract):
    slow = replace(contract, workspace=replace(contract.workspace, speed=0.2))
    limiter, watch = MotionLimiter(slow, FilterConfig()), Watch(slow)
    limiter.reset(contract.home[:7])
    before, fastest = watch.points(limiter.position), 0.0
    for _ in range(150):
        limiter.step(contract.home[:7] + [0.6, 0.1, 0.1, 0.1, 0, 0, 0], np.zeros(7), 1.0)
        now = watch.points(limiter.position)
        fastest = max(fastest, np.linalg.norm(now - before, axis=1).max() / 0.01)
        before = now
    assert 0.15 < fastest < 0.2 * 1.02


def test_links_do_not_meet(contract):
    free = replace(contract.workspace, planes=(), boxes=())
    limiter = MotionLimiter(replace(contract, workspace=free), FilterConfig())
    watch = Watch(contract)
    limiter.reset(contract.home[:7])
    folded = np.array([0.0, -0.6, 0.0, -3.0, 0.0, 0.2, 0.0])
    assert watch.apart(folded) < 0.0
    reasons = [limiter.step(folded, np.zeros(7), 1.0) for _ in range(400)]
    assert 0.0 < watch.apart(limiter.position) < 0.04
    assert any('self-collision' in text for text in reasons[-1])


def test_the_closed_form_takes_over_where_the_solver_fails(limiter, contract, monkeypatch):
    monkeypatch.setattr(
        cartesian_limiter, 'nearest_speed', lambda desired, *rest: (np.full(7, np.nan), False)
    )
    watch = Watch(contract)
    down = contract.home[:7] + [0.3, 0.8, 0.0, 0.0, 0.0, 0.6, 0.0]
    worst = np.inf
    for _ in range(300):
        limiter.step(down, np.zeros(7), 1.0)
        worst = min(worst, watch.room(limiter.position))
    assert worst > 0.0
    assert limiter.cartesian.solver_failures > 0


def test_a_contract_without_a_workspace_limits_nothing(contract):
    empty = replace(contract, workspace=Workspace(speed=10.0))
    with_limits = MotionLimiter(empty, FilterConfig())
    without = MotionLimiter(contract, FilterConfig(cartesian=False))
    for limiter in (with_limits, without):
        limiter.reset(contract.home[:7])
        for _ in range(50):
            limiter.step(contract.home[:7] + 0.5, np.zeros(7), 1.0)
    assert with_limits.position == without.position
