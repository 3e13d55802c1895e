import numpy as np
import pytest
from vla_sim_bridge.demonstrations.approach import (
    Approach,
    Approaches,
    turned_towards,
    Want,
)
from vla_sim_bridge.demonstrations.grasp import Grasp
from vla_sim_bridge.physics.kinematics import ArmKinematics


@pytest.fixture(scope='module')
def kinematics(world, cell) -> ArmKinematics:
    return ArmKinematics(world.model, cell)


def of_cube(edge_m: float, success_m: float) -> Want:
    return Want(Grasp(edge_m, turns=4), edge_m / 2, edge_m, success_m)


def approach(kinematics, x: float, edge_m: float = 0.04, success_m: float = 0.10) -> Approach:
    return Approaches(kinematics).to(np.array([x, 0.02]), 0.3, 0.0, of_cube(edge_m, success_m))


def test_near_cubes_are_approached_from_high_above_with_the_tool_down(kinematics):
    found = approach(kinematics, 0.5)
    assert (found.grasp_m, found.hover_m) == pytest.approx((0.02, 0.13))
    assert (found.clear_m, found.lift_m) == pytest.approx((0.09, 0.20))
    assert not found.is_leaning


def test_heights_follow_the_cube_and_what_the_task_wants(kinematics):
    found = approach(kinematics, 0.5, edge_m=0.06, success_m=0.05)
    assert (found.grasp_m, found.hover_m) == pytest.approx((0.03, 0.15))
    assert found.lift_m == pytest.approx(0.03 + 0.05 + 0.08)


def test_where_the_arm_cannot_point_down_it_leans_away_from_its_base(kinematics):
    found = approach(kinematics, 0.86)
    assert found.is_leaning
    ahead = found.R_lean @ np.array([0.0, 0.0, -1.0])
    assert ahead[0] > 0.1
    assert abs(ahead[1]) < 0.1
    assert found.clear_m <= found.hover_m


def test_what_is_out_of_reach_is_tried_all_the_same(kinematics):
    found = approach(kinematics, 3.0)
    assert not found.is_leaning
    assert found.hover_m == pytest.approx(0.13)


def test_an_approach_depends_on_the_cube_alone(kinematics):
    one, other, cube = Approaches(kinematics), Approaches(kinematics), of_cube(0.04, 0.10)
    far = np.array([0.86, 0.0])
    one.to(np.array([0.5, 0.0]), 0.1, 0.0, cube)
    first, second = one.to(far + 0.001, 0.1, 0.0, cube), other.to(far, 0.1, 0.0, cube)
    assert first.hover_m == second.hover_m
    assert np.array_equal(first.R_lean, second.R_lean)


def test_turns_are_cut_into_steps(kinematics):
    _, now = kinematics.tool_pose(kinematics.home)
    wanted = np.diag([-1.0, 1.0, -1.0])
    step = turned_towards(now, wanted)
    angle = np.arccos((np.trace(step @ now.T) - 1.0) / 2.0)
    assert angle == pytest.approx(0.25)
