"""Numbers of LeRobot to joints and back; what cannot be right is refused in one sentence."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st
from leader_double import device_file, encoders, so101
import numpy as np
import pytest
from vla_contract.errors import UnknownNameError
from vla_lerobot.drivers.simulated.so101 import LIMITS, MOTORS
from vla_teleop.devices.errors import BadReadingError
from vla_teleop.mapping.leader_joints import LeaderJoints

CELL = so101()
GOOD = dict.fromkeys(MOTORS, 10.0)


@pytest.fixture(scope='module')
def joints(tmp_path_factory):
    return LeaderJoints(device_file(tmp_path_factory.mktemp('leader')), CELL, encoders())


def test_degrees_become_radians_and_a_share_the_range_of_the_gripper(joints):
    found = dict(zip(joints.names, joints.positions(GOOD), strict=True))
    assert found['elbow_flex'] == pytest.approx(math.radians(10.0))
    gripper = CELL.joints[5]
    expected = gripper.closed + 0.1 * (gripper.open - gripper.closed)
    assert found['gripper'] == pytest.approx(expected)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-0.9, 0.9), min_size=6, max_size=6))
def test_positions_survive_the_way_to_the_motors_and_back(joints, shares):
    ends = [(high - low) / 2.0 * 2.0 * math.pi / 4095 for low, high in LIMITS[:5]]
    positions = np.array([share * end for share, end in zip(shares, ends, strict=False)])
    gripper = CELL.joints[5].lower + (shares[5] + 1.0) / 2.0 * 1.9
    positions = np.append(positions, gripper)
    back = joints.positions(joints.numbers(positions))
    # LeRobot cuts fractions of an encoder step: 2 pi / 4096.
    assert back == pytest.approx(positions, abs=2e-3)


def test_sign_scale_and_zero_belong_to_a_joint(tmp_path):
    entries = {motor: {'joint': motor} for motor in MOTORS}
    entries['elbow_flex'] |= {'sign': -1, 'scale': 0.5, 'zero_rad': 0.2}
    joints = LeaderJoints(device_file(tmp_path, joints=entries), CELL, encoders())
    found = dict(zip(joints.names, joints.positions(GOOD), strict=True))
    assert found['elbow_flex'] == pytest.approx(0.2 - 0.5 * math.radians(10.0))
    assert joints.numbers(joints.positions(GOOD))['elbow_flex'] == pytest.approx(10.0, abs=0.2)


@pytest.mark.parametrize(
    ('number', 'said'),
    [
        (math.nan, 'elbow_flex: found nan; allowed: a finite number'),
        (math.inf, 'elbow_flex: found inf'),
        (None, 'elbow_flex: found nothing'),
        (2048.0, 'elbow_flex: found 2048; allowed: -97'),
    ],
    ids=['nan', 'infinite', 'missing', 'encoder steps'],
)
def test_a_bad_number_is_refused_by_name(joints, number, said):
    numbers = GOOD | {'elbow_flex': number}
    if number is None:
        del numbers['elbow_flex']
    with pytest.raises(BadReadingError) as error:
        joints.positions(numbers)
    assert said in str(error.value)


def test_radians_without_a_bus_are_refused_beyond_a_turn(tmp_path):
    entries = {motor: {'joint': motor, 'unit': 'rad'} for motor in MOTORS}
    joints = LeaderJoints(device_file(tmp_path, joints=entries), CELL, {})
    assert joints.positions(dict.fromkeys(MOTORS, 0.5))[0] == pytest.approx(0.5)
    with pytest.raises(BadReadingError, match='shoulder_pan: found 45'):
        joints.positions(dict.fromkeys(MOTORS, 45.0))


def test_a_joint_that_the_cell_has_not_is_named(tmp_path):
    with pytest.raises(UnknownNameError, match='joint7'):
        LeaderJoints(device_file(tmp_path, joints={'a': {'joint': 'joint7'}}), CELL, {})
