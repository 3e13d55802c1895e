"""The codec's numbers against LeRobot's own: its motor bus, its relative actions, its ALOHA."""

from dataclasses import asdict
import json
from types import SimpleNamespace

import numpy as np
import pytest
from so101 import ARM, MOTORS, so101, STEP
import torch
from vla_contract.vectors.vector_codec import VectorCodec
from vla_lerobot.features import ACTION, dataset_features, STATE

CALIBRATED = (
    f'{{joints: [{", ".join(ARM)}], map: {{lower: -100, upper: 100, calibration: arm.json}}}}'
)
GRIPPER = '{joints: [gripper], map: {lower: 0, upper: 100, calibration: arm.json}}'
SUFFIXED = [f'{name}.pos' for name in MOTORS]
ARM_IN = f'{{joints: [{", ".join(ARM)}], '
PERCENT = '{joints: [gripper], map: {closed: 0, open: 100}}'


@pytest.fixture(scope='module')
def motors():
    from lerobot.motors.motors_bus import MotorCalibration

    rng = np.random.default_rng(3)
    return {
        name: MotorCalibration(
            id=index + 1,
            drive_mode=index % 2,
            homing_offset=int(rng.integers(-500, 500)),
            range_min=int(rng.integers(600, 1500)),
            range_max=int(rng.integers(2500, 3500)),
        )
        for index, name in enumerate(MOTORS)
    }


def numbers_of(motors, is_in_degrees, method, rows):
    """Return what a method of the bus of an SO-101 makes of values, row by row, shape (N, 6)."""
    from lerobot.motors.feetech import FeetechMotorsBus
    from lerobot.motors.motors_bus import MotorNormMode

    # As SOFollower builds it.
    body = MotorNormMode.DEGREES if is_in_degrees else MotorNormMode.RANGE_M100_100
    modes = dict.fromkeys(ARM, body) | {'gripper': MotorNormMode.RANGE_0_100}
    names = {motor.id: name for name, motor in motors.items()}
    bus = SimpleNamespace(
        calibration=motors,
        motors={name: SimpleNamespace(norm_mode=mode) for name, mode in modes.items()},
        apply_drive_mode=FeetechMotorsBus.apply_drive_mode,
        model_resolution_table=FeetechMotorsBus.model_resolution_table,
        _id_to_name=names.__getitem__,
        _id_to_model=lambda _: 'sts3215',
    )
    convert = getattr(FeetechMotorsBus, method)
    found = (convert(bus, dict(zip(names, row, strict=True))) for row in rows.tolist())
    return np.array([list(values.values()) for values in found])


def random_steps(motors, count):
    """Return encoder steps within every motor's range, shape (count, 6)."""
    rng = np.random.default_rng(0)
    low = np.array([motor.range_min for motor in motors.values()])
    high = np.array([motor.range_max for motor in motors.values()])
    return rng.integers(low, high + 1, (count, len(low))), (low + high) / 2.0


@pytest.mark.parametrize(
    ('is_in_degrees', 'arm'),
    [(True, f'{{joints: [{", ".join(ARM)}], unit: deg}}'), (False, CALIBRATED)],
)
def test_a_thousand_positions_are_what_the_bus_of_a_follower_says(
    tmp_path, motors, is_in_degrees, arm
):
    (tmp_path / 'arm.json').write_text(json.dumps({k: asdict(m) for k, m in motors.items()}))
    codec = VectorCodec(so101(tmp_path, f'state:\n  - {arm}\n  - {GRIPPER}'))
    steps, middle = random_steps(motors, 1000)
    joints = (steps - middle) * STEP
    theirs = numbers_of(motors, is_in_degrees, '_normalize', steps)
    assert np.abs(codec.encode(joints) - theirs).max() <= 1e-12
    assert np.abs(codec.decode_state(theirs) - joints).max() <= 1e-12
    # LeRobot cuts commands down to whole steps.
    back = numbers_of(motors, is_in_degrees, '_unnormalize', codec.encode(joints))
    assert np.abs(back - steps).max() <= 1


@pytest.mark.parametrize(
    ('preset', 'is_in_degrees'), [('so101_degrees', True), ('so101_normalised', False)]
)
def test_the_presets_are_the_modes_of_a_follower(tmp_path, preset, is_in_degrees):
    from lerobot.motors.motors_bus import MotorCalibration

    deployment = so101(tmp_path, f'preset: {preset}')
    limits = [(joint.lower, joint.upper) for joint in deployment.cell.joints]
    motors = {
        name: MotorCalibration(
            id=index + 1,
            drive_mode=0,
            homing_offset=0,
            range_min=2048 + round(lower / STEP),
            range_max=2048 + round(upper / STEP),
        )
        for index, (name, (lower, upper)) in enumerate(zip(MOTORS, limits, strict=True))
    }
    steps, _ = random_steps(motors, 1000)
    codec, joints = VectorCodec(deployment), (steps - 2048) * STEP
    theirs = numbers_of(motors, is_in_degrees, '_normalize', steps)
    assert np.abs(codec.encode(joints) - theirs).max() <= 1e-12
    assert np.abs(codec.decode_state(theirs) - joints).max() <= 1e-12


def test_relative_actions_are_those_of_lerobots_processor(tmp_path):
    from lerobot.processor.relative_action_processor import (
        to_absolute_actions,
        to_relative_actions,
    )

    says = (
        'state:\n  - &all {preset: so101_degrees}\n'
        f'action:\n  - {{joints: [{", ".join(ARM)}], quantity: joint_relative_to_state, '
        'unit: deg}\n  - {joints: [gripper], map: {closed: 0, open: 100}}'
    )
    deployment = so101(tmp_path, says)
    codec, rng = VectorCodec(deployment), np.random.default_rng(1)
    mask = [True] * 5 + [False]
    for _ in range(100):
        seen, chunk = rng.uniform(-1, 1, 6), rng.uniform(-50, 50, (10, 6))
        state = torch.from_numpy(codec.encode(seen))[None]
        absolute = to_absolute_actions(torch.from_numpy(chunk)[None], state, mask)
        positions = codec.decode(chunk, seen)
        assert np.abs(codec.encode(positions) - absolute[0].numpy()).max() <= 1e-12
        relative = to_relative_actions(absolute, state, mask)[0].numpy()
        assert np.abs(codec.encode_actions(positions, seen) - relative).max() <= 1e-12


def test_the_space_of_pis_aloha_is_what_lerobot_makes_of_it(tmp_path):
    from lerobot.policies.smolvla.modeling_smolvla import (
        aloha_gripper_from_angular_inv,
        SmolVLAPolicy,
    )

    # What a gripper 0 closed to 1 open is there: normalize(unnormalize(g, -0.6213, 1.4910), ...).
    closed, opened = (float(aloha_gripper_from_angular_inv(end)) for end in (0.0, 1.0))
    joints = ', '.join(ARM)
    deployment = so101(
        tmp_path,
        f'action:\n  - {{joints: [{joints}], sign: [1, -1, -1, 1, 1]}}\n'
        f'  - {{joints: [gripper], map: {{closed: {closed!r}, open: {opened!r}}}}}',
    )
    aloha = VectorCodec(so101(tmp_path, 'preset: aloha'))
    rng = np.random.default_rng(2)
    numbers = rng.uniform(-1, 1, (1000, 6))
    # Two arms of six joints and a gripper; of ours the last of the six is missing.
    both = np.zeros((1000, 1, 14))
    both[:, 0, [0, 1, 2, 3, 4, 6]] = numbers
    theirs = SmolVLAPolicy._pi_aloha_encode_actions(None, torch.from_numpy(both))
    positions = VectorCodec(deployment).decode(numbers, deployment.cell.home)
    expected = theirs[:, 0, [0, 1, 2, 3, 4, 6]].numpy()
    assert np.abs(aloha.encode(positions) - expected).max() <= 1e-12


@pytest.mark.parametrize(
    'says',
    [
        'preset: so101_degrees',
        'preset: so101_normalised',
        f'state: &v [{ARM_IN}unit: deg, zero: 0.1}}, {PERCENT}]\naction: *v',
        f'state: &v [{ARM_IN}map: {{lower: 100, upper: -100}}}}, {PERCENT}]\naction: *v',
    ],
)
def test_numbers_as_lerobots_arms_count_have_the_names_of_lerobots_arms(tmp_path, says):
    columns = dataset_features(so101(tmp_path, says))
    assert columns[STATE]['names'] == columns[ACTION]['names'] == SUFFIXED


@pytest.mark.parametrize(
    'says',
    [
        'preset: aloha',
        '',
        f'state: &v [{ARM_IN}unit: deg}}, {{joints: [gripper]}}]\naction: *v',
        f'state: &v [{ARM_IN}unit: deg, scale: 10}}, {PERCENT}]\naction: *v',
        f'state: &v [{{joints: [{", ".join(MOTORS)}], unit: deg}}]\naction: *v',
    ],
)
def test_other_numbers_have_the_names_of_the_joints(tmp_path, says):
    columns = dataset_features(so101(tmp_path, says))
    assert columns[STATE]['names'] == columns[ACTION]['names'] == list(MOTORS)


def test_actions_that_are_no_positions_are_not_called_positions(tmp_path):
    moves = f'action: [{ARM_IN}quantity: joint_delta, unit: deg}}, {PERCENT}]'
    deployment = so101(tmp_path, f'state: [{ARM_IN}unit: deg}}, {PERCENT}]\n{moves}')
    columns = dataset_features(deployment)
    assert columns[STATE]['names'] == SUFFIXED
    assert columns[ACTION]['names'] == list(MOTORS)
