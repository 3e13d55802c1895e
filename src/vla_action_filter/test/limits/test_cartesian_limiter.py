from dataclasses import replace

import numpy as np
import pytest
from vla_action_filter.config import FilterConfig
from vla_action_filter.limits import cartesian_limiter
from vla_action_filter.limits.motion_limiter import MotionLimiter
from vla_contract.deployment.geometry import Geometry
from vla_contract.deployment.placing import PlacedRobot
from vla_contract.deployment.robot_model import Model
from vla_contract.deployment.workspace import Workspace
from vla_contract.kinematics.workspace_kinematics import WorkspaceKinematics


@pytest.fixture
def limiter(cell) -> MotionLimiter:
    limiter = MotionLimiter(cell, FilterConfig())
    limiter.reset(cell.home[:7])
    return limiter


class Watch:
    """Measures positions with kinematics of its own."""

    def __init__(self, cell) -> None:
        self._kinematics = WorkspaceKinematics(cell)
        self._workspace, self._geometry = cell.workspace, cell.geometry
        self._radius = np.array([p.radius for p in cell.geometry.control_points])

    def points(self, arm) -> np.ndarray:
        return self._kinematics.positions(np.array(arm))

    def room(self, arm) -> float:
        """Return the smallest distance to the walls, the margin not taken off [m]."""
        points = self.points(arm)
        box = self._workspace.boxes[0]
        tool = points[[p.name for p in self._geometry.control_points].index('tool')]
        table = (points[:, 2] - self._radius).min()
        return min(table, (tool - box.lower).min(), (np.array(box.upper) - tool).min())

    def apart(self, arm) -> float:
        """Return the smallest distance between links [m]."""
        self._kinematics.update(arm)
        return min(self._kinematics.distances())


def test_targets_beyond_the_walls_never_leave_the_workspace(limiter, cell):
    watch, rng = Watch(cell), np.random.default_rng(0)
    joints = cell.joints[:7]
    worst, closest, target = np.inf, np.inf, cell.home[:7]
    for cycle in range(1500):
        if cycle % 60 == 0:
            target = np.array([rng.uniform(j.lower, j.upper) for j in joints])
        limiter.step(target, np.zeros(7), 1.0)
        worst = min(worst, watch.room(limiter.position))
        closest = min(closest, watch.apart(limiter.position))
    assert worst > 0.0
    assert closest > 0.0


def test_the_table_is_not_entered_and_the_reason_names_it(limiter, cell):
    watch = Watch(cell)
    down = cell.home[:7] + [0.0, 0.8, 0.0, 0.0, 0.0, 0.6, 0.0]
    reasons = [limiter.step(down, np.zeros(7), 1.0) for _ in range(300)][-1]
    assert 0.0 < watch.room(limiter.position) < 0.015
    assert any(text.startswith('table ') for text in reasons)


def test_moving_away_from_a_wall_is_always_allowed(limiter, cell):
    down = cell.home[:7] + [0.0, 0.8, 0.0, 0.0, 0.0, 0.6, 0.0]
    for _ in range(300):
        limiter.step(down, np.zeros(7), 1.0)
    watch, low = Watch(cell), limiter.position
    for _ in range(30):
        limiter.step(cell.home[:7], np.zeros(7), 1.0)
    assert watch.room(limiter.position) > watch.room(low) + 0.02
    for _ in range(170):
        limiter.step(cell.home[:7], np.zeros(7), 1.0)
    assert limiter.position == pytest.approx(cell.home[:7], abs=1e-3)


def test_an_arm_that_starts_outside_may_come_in(cell):
    workspace = cell.workspace
    small = replace(workspace.boxes[0], lower=(0.30, -0.10, 0.05), upper=(0.70, 0.10, 0.60))
    narrow = replace(cell, workspace=replace(workspace, boxes=(small,)))
    limiter = MotionLimiter(narrow, FilterConfig())
    limiter.reset(cell.home[:7] + [0.6, 0, 0, 0, 0, 0, 0])
    for _ in range(300):
        limiter.step(cell.home[:7], np.zeros(7), 1.0)
    assert limiter.position == pytest.approx(cell.home[:7], abs=1e-3)


def test_no_control_point_is_faster_than_the_limit(cell):
    slow = replace(cell, workspace=replace(cell.workspace, speed=0.2))
    limiter, watch = MotionLimiter(slow, FilterConfig()), Watch(slow)
    limiter.reset(cell.home[:7])
    before, fastest = watch.points(limiter.position), 0.0
    for _ in range(150):
        limiter.step(cell.home[:7] + [0.6, 0.1, 0.1, 0.1, 0, 0, 0], np.zeros(7), 1.0)
        now = watch.points(limiter.position)
        fastest = max(fastest, np.linalg.norm(now - before, axis=1).max() / 0.01)
        before = now
    assert 0.15 < fastest < 0.2 * 1.02


def test_links_do_not_meet(cell):
    free = replace(cell.workspace, planes=(), boxes=())
    limiter = MotionLimiter(replace(cell, workspace=free), FilterConfig())
    watch = Watch(cell)
    limiter.reset(cell.home[:7])
    folded = np.array([0.0, -0.6, 0.0, -3.0, 0.0, 0.2, 0.0])
    assert watch.apart(folded) < 0.0
    reasons = [limiter.step(folded, np.zeros(7), 1.0) for _ in range(400)]
    assert 0.0 < watch.apart(limiter.position) < 0.04
    assert any('self-collision' in text for text in reasons[-1])


def test_the_closed_form_takes_over_where_the_solver_fails(limiter, cell, monkeypatch):
    monkeypatch.setattr(
        cartesian_limiter, 'nearest_speed', lambda desired, *rest: (np.full(7, np.nan), False)
    )
    watch = Watch(cell)
    down = cell.home[:7] + [0.3, 0.8, 0.0, 0.0, 0.0, 0.6, 0.0]
    worst = np.inf
    for _ in range(300):
        limiter.step(down, np.zeros(7), 1.0)
        worst = min(worst, watch.room(limiter.position))
    assert worst > 0.0
    assert limiter.cartesian.solver_failures > 0


def test_a_cell_without_walls_and_shapes_limits_nothing(cell):
    shapeless = PlacedRobot(replace(cell.robot, geometry=Geometry()))
    empty = replace(cell, robots=(shapeless,), workspace=Workspace(speed=10.0))
    with_limits = MotionLimiter(empty, FilterConfig())
    without = MotionLimiter(cell, FilterConfig(cartesian=False))
    for limiter in (with_limits, without):
        limiter.reset(cell.home[:7])
        for _ in range(50):
            limiter.step(cell.home[:7] + 0.5, np.zeros(7), 1.0)
    assert with_limits.position == without.position


def test_a_robot_without_a_model_keeps_the_limits_of_its_joints(cell):
    model = Model(base_frame='base_link')
    bare = PlacedRobot(replace(cell.robot, geometry=Geometry(), model=model, tools=()))
    modelless = replace(cell, robots=(bare,))
    limiters = [
        MotionLimiter(modelless, FilterConfig()),
        MotionLimiter(cell, FilterConfig(cartesian=False)),
    ]
    for limiter in limiters:
        limiter.reset(cell.home[:7])
        for _ in range(50):
            limiter.step(cell.home[:7] + 0.5, np.zeros(7), 1.0)
    assert limiters[0].position == limiters[1].position
    assert limiters[0].cartesian is None


def test_two_arms_stay_apart_where_one_would_run_into_the_other(cell):
    """Each wants to be where the other stands; both stop with room between them."""
    left = PlacedRobot(cell.robot, 'left_', position_m=(-0.8, 0.0, 0.0))
    right = PlacedRobot(
        cell.robot, 'right_', position_m=(0.8, 0.0, 0.0), rpy_deg=(0.0, 0.0, 180.0)
    )
    pairs = tuple(
        (f'left_{one}', f'right_{other}')
        for one in ('gripper', 'wrist')
        for other in ('gripper', 'wrist')
    )
    workspace = Workspace(speed=1.0, clearance=0.02)
    pair = replace(cell, robots=(left, right), keep_apart=pairs, workspace=workspace)
    limiter, watch = MotionLimiter(pair, FilterConfig()), WorkspaceKinematics(pair)
    arms = pair.home[list(pair.arm)]
    limiter.reset(arms)
    # Joint 4 stretches the arm forward.
    ahead = arms + np.tile([0.0, 0.6, 0.0, 1.2, 0.0, 0.6, 0.0], 2)
    closest = np.inf
    for _ in range(400):
        limiter.step(ahead, np.zeros(14), 1.0)
        watch.update(limiter.position)
        closest = min(closest, min(watch.distances()))
    assert 0.015 < closest < 0.10
    assert limiter.cartesian.limited
