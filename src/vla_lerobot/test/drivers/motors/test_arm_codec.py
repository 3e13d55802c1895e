import math

import numpy as np
import pytest
from so101_double import driver_file, driver_values, joint, JOINTS
from vla_contract.errors import UnknownNameError
from vla_lerobot.drivers.errors import BusError
from vla_lerobot.drivers.motors.arm_codec import ArmCodec


def codec(tmp_path, joints=JOINTS, **values):
    file = driver_file(driver_values('/dev/null', tmp_path) | values, tmp_path)
    return ArmCodec(file, joints, {})


def test_joints_come_in_the_order_of_the_robots_file(tmp_path):
    own = codec(tmp_path, [joint('base_slide'), *JOINTS[::-1]])
    assert own.names == tuple(each.name for each in JOINTS[::-1])
    found = own.positions({f'{each.name}.pos': 10.0 * k for k, each in enumerate(JOINTS)})
    assert found[-1] == 0.0
    assert found[1] == pytest.approx(math.radians(40.0))


def test_positions_and_action_are_inverse(tmp_path):
    own = codec(tmp_path)
    positions = np.linspace(-0.1, 0.4, 6)
    assert own.positions(own.action(positions)) == pytest.approx(positions)


def test_constants_are_in_every_action(tmp_path):
    own = codec(tmp_path, constants={'x.vel': 0.0})
    assert own.action(np.zeros(6))['x.vel'] == 0.0


@pytest.mark.parametrize('number', [math.nan, math.inf, None])
def test_a_number_that_is_none_is_a_fault_of_the_bus(tmp_path, number):
    observation = {f'{each.name}.pos': 0.0 for each in JOINTS} | {'gripper.pos': number}
    with pytest.raises(BusError, match=r'gripper\.pos'):
        codec(tmp_path).positions(observation)


def test_a_motor_of_a_joint_that_the_robot_has_not_is_refused(tmp_path):
    with pytest.raises(UnknownNameError, match="joint 'gripper'"):
        codec(tmp_path, JOINTS[:-1])
