from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from vla_contract.deployment.deployment import load_deployment
from vla_contract.errors import PolicyError
from vla_sim_bridge.demonstrations.fingers import Fingers, fingers_around
from vla_sim_bridge.demonstrations.pads import measured_faces, PadFaces, parallel_faces
from vla_sim_bridge.physics.kinematics import ArmKinematics
from vla_sim_bridge.scene.scene import build_model

EDGE_M = 0.04


@pytest.fixture(scope='module')
def joint(cell):
    return cell.joints[cell.grippers[0]]


@pytest.fixture(scope='module')
def kinematics(world, cell) -> ArmKinematics:
    return ArmKinematics(world.model, cell)


def one_jaw_swings(fixed_m: float, open_m: float) -> PadFaces:
    closing = np.linspace(0.0, 1.0, 9)
    return PadFaces(closing, np.full(9, fixed_m), fixed_m + open_m * (1.0 - closing))


def test_a_cube_belongs_in_the_middle_of_fingers_that_close_by_the_same(joint):
    fingers = Fingers(joint, parallel_faces(0.085), EDGE_M)
    assert [fingers.place_m(share) for share in (0.0, 0.3, 1.0)] == [0.0, 0.0, 0.0]
    assert fingers.room_m == pytest.approx((0.085 - EDGE_M) / 4)
    assert fingers.held < fingers.met < 1.0


def test_a_jaw_that_stays_comes_down_beside_the_cube_and_the_other_pushes_it_there(joint):
    fixed = 0.006
    fingers = Fingers(joint, one_jaw_swings(fixed, 0.09), EDGE_M)
    beside = fingers.place_m(0.0) - EDGE_M / 2 - fixed
    assert beside == pytest.approx(0.012)
    assert fingers.place_m(fingers.met) == pytest.approx(fixed + EDGE_M / 2, abs=2e-3)
    assert fingers.room_m == pytest.approx(beside / 2)


@given(
    fixed=st.floats(-0.03, 0.03),
    wide=st.floats(0.05, 0.12),
    shares=st.tuples(st.floats(0.0, 1.0), st.floats(0.0, 1.0)),
)
@settings(max_examples=100)
def test_closing_never_moves_the_place_of_the_cube_away_from_the_fixed_jaw(
    cell, fixed, wide, shares
):
    joint = cell.joints[cell.grippers[0]]
    fingers = Fingers(joint, one_jaw_swings(fixed, wide), EDGE_M)
    early, late = (fingers.place_m(share) for share in sorted(shares))
    assert fixed + EDGE_M / 2 - 1e-9 <= late <= early + 1e-9


def test_shares_and_positions_of_the_joint_are_the_same_thing(joint):
    fingers = Fingers(joint, parallel_faces(0.085), EDGE_M)
    assert fingers.closing(joint.open) == 0.0
    assert fingers.closing(joint.closed) == 1.0
    assert fingers.position(fingers.closing(0.3)) == pytest.approx(0.3)


def test_pads_are_measured_where_the_robot_says_they_open(kinematics, cell, joint):
    faces = measured_faces(kinematics, cell, EDGE_M / 2)
    assert faces.high[0] - faces.low[0] == pytest.approx(joint.opening_m, rel=0.1)
    assert np.abs(faces.low + faces.high).max() < 1e-3
    assert faces.high[-1] - faces.low[-1] < 0.005
    assert (np.diff(faces.high - faces.low) < 0.0).all()


def test_pads_on_one_side_only_are_not_measured(world, cell):
    kinematics = ArmKinematics(world.model, cell)
    kinematics.tool = replace(kinematics.tool, finger_geoms=('left_pad1', 'left_pad2'))
    assert measured_faces(kinematics, cell, EDGE_M / 2) is None
    _, fingers = fingers_around(cell, kinematics, EDGE_M)
    assert fingers.place_m(0.0) == 0.0


def test_a_tool_point_beside_the_middle_is_put_right():
    shifted = load_deployment(
        overrides={
            'robot.tools.gripper.site': '',
            'robot.tools.gripper.body': 'base',
            'robot.tools.gripper.position_m': [0.0, 0.012, 0.145],
        }
    )
    kinematics = ArmKinematics(build_model(shifted), shifted.cell)
    _, fingers = fingers_around(shifted.cell, kinematics, EDGE_M)
    assert abs(fingers.place_m(0.0)) == pytest.approx(0.012, abs=1e-3)


def test_a_cube_larger_than_the_opening_is_refused(kinematics, cell):
    with pytest.raises(PolicyError, match='opening_m: found 0.085; allowed: more than 0.0946'):
        fingers_around(cell, kinematics, 0.09)
