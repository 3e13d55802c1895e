import math

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from so101_double import joint
from vla_lerobot.drivers.driver_file import MotorEntry
from vla_lerobot.drivers.motors.scale import Encoder, encoder_of, scale_of

MODES = ('degrees', 'range_m100_100', 'range_0_100')


def lerobot_bus(mode, range_min, range_max, drive_mode):
    """Return LeRobot's own bus with one motor; it is never opened."""
    pytest.importorskip('scservo_sdk')
    from lerobot.motors import Motor, MotorCalibration, MotorNormMode
    from lerobot.motors.feetech import FeetechMotorsBus

    calibration = MotorCalibration(1, drive_mode, 0, range_min, range_max)
    motors = {'motor': Motor(1, 'sts3215', MotorNormMode(mode))}
    return FeetechMotorsBus('', motors, {'motor': calibration})


# The first example imports LeRobot.
@settings(deadline=None)
@given(
    mode=st.sampled_from(MODES),
    range_min=st.integers(0, 2000),
    span=st.integers(200, 2000),
    share=st.floats(0.0, 1.0),
    sign=st.sampled_from((1, -1)),
    zero=st.floats(-3.0, 3.0),
    drive_mode=st.sampled_from((0, 1)),
)
def test_what_lerobot_reads_and_is_commanded_again_is_the_same_encoder_step(
    mode, range_min, span, share, sign, zero, drive_mode
):
    bus = lerobot_bus(mode, range_min, range_min + span, drive_mode)
    entry = MotorEntry('joint', sign, zero)
    scale = scale_of(entry, joint('joint'), encoder_of(bus, 'motor'))
    step = range_min + round(share * span)
    read = bus._normalize({1: step})[1]
    assert bus._unnormalize({1: scale.number(scale.position(read))})[1] == step


# The first example imports LeRobot.
@settings(deadline=None)
@given(position=st.floats(-50.0, 50.0), sign=st.sampled_from((1, -1)), mode=st.sampled_from(MODES))
def test_no_position_is_sent_beyond_the_calibrated_range(position, sign, mode):
    encoder = Encoder(
        {'degrees': 'deg'}.get(mode, mode), range_min=1000, range_max=3000, resolution=4096
    )
    scale = scale_of(MotorEntry('joint', sign), joint('joint'), encoder)
    bus = lerobot_bus(mode, 1000, 3000, 0)
    assert 1000 <= bus._unnormalize({1: scale.number(position)})[1] <= 3000


def test_degrees_are_turns_of_the_encoder_about_the_middle_of_the_range():
    encoder = Encoder('deg', range_min=1000, range_max=3000, resolution=4096)
    scale = scale_of(MotorEntry('joint', -1, 0.5), joint('joint'), encoder)
    assert scale.position(90.0) == pytest.approx(0.5 - math.pi / 2)
    assert scale.upper == pytest.approx(1000 * 360 / 4095)


def test_a_range_of_100_is_the_half_of_the_calibrated_one():
    encoder = Encoder('range_m100_100', range_min=1000, range_max=3000, resolution=4096)
    scale = scale_of(MotorEntry('joint'), joint('joint'), encoder)
    assert scale.position(100.0) == pytest.approx(1000 * 2 * math.pi / 4095)


@pytest.mark.parametrize('drive_mode', [0, 1])
def test_a_joint_is_where_it_is_in_degrees_and_in_a_range(drive_mode):
    """LeRobot reverses the range of a motor with a drive_mode, and not its degrees."""
    positions = []
    for mode in ('degrees', 'range_m100_100'):
        bus = lerobot_bus(mode, 1000, 3000, drive_mode)
        scale = scale_of(MotorEntry('joint'), joint('joint'), encoder_of(bus, 'motor'))
        positions.append(scale.position(bus._normalize({1: 2600})[1]))
    assert positions[0] == pytest.approx(600 * 2 * math.pi / 4095)
    assert positions[1] == pytest.approx(positions[0])


@pytest.mark.parametrize(('closed_at', 'sign', 'at_0'), [
    ('lower', 1, -0.1), ('upper', 1, 1.5), ('lower', -1, 1.5), ('upper', -1, -0.1),
])  # fmt: skip
def test_a_gripper_goes_from_closed_to_open(closed_at, sign, at_0):
    gripper = joint('gripper', -0.1, 1.5, closed_at)
    scale = scale_of(MotorEntry('gripper', sign, unit='range_0_100'), gripper, None)
    assert scale.position(0.0) == pytest.approx(at_0)
    assert scale.position(100.0) == pytest.approx(1.4 - at_0)


def test_a_position_a_step_beyond_the_range_is_told():
    encoder = Encoder('deg', range_min=1000, range_max=3000, resolution=4096)
    scale = scale_of(MotorEntry('joint'), joint('joint'), encoder)
    end = np.deg2rad(scale.upper)
    assert not scale.is_beyond(end)
    assert scale.is_beyond(end + 2 * 2 * math.pi / 4095)
