from dataclasses import replace
import json
from math import pi

import numpy as np
import pytest
from vla_contract.deployment.deployment import load_deployment
from vla_contract.deployment.policy_file import FILE_NAME, write_policy_file
from vla_contract.errors import SettingError, UnknownNameError
from vla_contract.vectors.presets import FILE_PRESETS
from vla_contract.vectors.vector_codec import VectorCodec

ARM = ('waist', 'shoulder', 'elbow', 'forearm_roll', 'wrist_angle', 'wrist_rotate')
ALOHA = f"""
state: &vector
  - {{joints: [{', '.join(ARM)}]}}
  - {{joints: [left_finger], map: {{closed: 0, open: 1}}}}
action: *vector
"""


def calibration(path, **drive_modes: int) -> None:
    motors = {
        name: {
            'id': index + 1,
            'drive_mode': drive_modes.get(name, 0),
            'homing_offset': 100 * index,
            'range_min': 700 + 10 * index,
            'range_max': 3300 - 20 * index,
        }
        for index, name in enumerate((*ARM, 'left_finger'))
    }
    path.write_text(json.dumps(motors))


def test_a_preset_means_what_it_says_written_out(written):
    assert written('preset: aloha').policy == written(ALOHA).policy
    assert written('state: [{preset: aloha}]\naction: [{preset: aloha}]').policy.sha256 == (
        written(ALOHA).policy.sha256
    )


def test_what_stands_in_the_file_itself_is_not_the_presets(written):
    policy = written('preset: aloha\nstate: [{unit: rad}]'.replace('unit: rad', 'sign: 1')).policy
    assert policy.state[0].map is None
    assert policy.action[1].map is not None


def test_a_default_that_is_written_changes_nothing(written):
    plain = written().policy.sha256
    assert written('state: [{unit: "", scale: 1, sign: [], zero: []}]').policy.sha256 == plain
    assert (
        written(
            'state: [{unit: rad, joints: [waist]}, {joints: '
            '[shoulder, elbow, forearm_roll, wrist_angle, wrist_rotate, left_finger]}]'
        ).policy.sha256
        != plain
    )


@pytest.mark.parametrize('preset', FILE_PRESETS)
@pytest.mark.parametrize('cell', ['vx300s_table', 'panda_table'])
def test_presets_round_trip(written, preset, cell):
    deployment = written(f'preset: {preset}', cell)
    codec = VectorCodec(deployment)
    rng = np.random.default_rng(0)
    joints = rng.uniform(-3, 3, (1000, len(deployment.cell.joints)))
    assert codec.decode_state(codec.encode(joints)) == pytest.approx(joints, abs=1e-12)
    numbers = rng.uniform(-1, 1, joints.shape)
    found = codec.decode_steps(numbers, joints)
    assert codec.encode_steps(found, joints) == pytest.approx(numbers, abs=1e-12)


def test_home_in_the_numbers_of_each_community(written):
    home = load_deployment(cell='vx300s_table', policy='hold').cell.home
    found = {name: VectorCodec(written(f'preset: {name}')).encode(home) for name in FILE_PRESETS}
    assert found['so101_degrees'] == pytest.approx([*np.rad2deg(home[:6]), 100.0])
    shares = [(0.0 + 3.14158) / 6.28316, (-0.2 + 1.85005) / 3.10669]
    assert found['so101_normalised'][:2] == pytest.approx([200 * s - 100 for s in shares])
    assert found['so101_normalised'][6] == pytest.approx(100.0)
    assert found['aloha'] == pytest.approx([*home[:6], 1.0])
    assert found['droid'] == pytest.approx([*home[:6], 0.0])  # the gripper is open


def test_droids_velocities_move_a_fifth_of_a_radian_in_each_of_its_steps(written):
    deployment = written('preset: droid', 'panda_table')
    deployment = replace(deployment, policy=replace(deployment.policy, rate_hz=15.0))
    chunk = VectorCodec(deployment).decode(np.ones((2, 8)), deployment.cell.home)
    assert np.diff(chunk[:, :7], axis=0) == pytest.approx(np.full((2, 7), 0.2))
    assert chunk[:, 7] == pytest.approx([0.8] * 3)  # closed at once


def test_a_calibration_becomes_ranges_and_leaves_no_trace(tmp_path, written):
    calibration(tmp_path / 'arm.json', shoulder=1)
    says = f'{{joints: [{", ".join(ARM)}], map: {{lower: -100, upper: 100, calibration: arm.json'
    deployment = written(
        f'state:\n  - {says}, motors: feetech}}}}\n  - {{joints: [left_finger], unit: mm}}\n'
    )
    half = np.array([2600 - 30 * i for i in range(6)]) / 2 * 2 * pi / 4095
    half[1] *= -1  # LeRobot reverses it
    codec = VectorCodec(deployment)
    assert codec.decode_state(np.full(7, 100.0))[:6] == pytest.approx(half)
    assert codec.decode_state(np.zeros(7))[:6] == pytest.approx(np.zeros(6))
    dynamixel = written(
        f'state:\n  - {says}, motors: dynamixel}}}}\n  - {{joints: [left_finger], unit: mm}}\n'
    )
    assert VectorCodec(dynamixel).decode_state(np.full(7, 100.0))[:6] == pytest.approx(abs(half))
    (tmp_path / 'arm.json').unlink()
    write_policy_file(tmp_path, deployment.policy)
    assert 'calibration:' not in (tmp_path / FILE_NAME).read_text()
    again = load_deployment(cell='vx300s_table', policy=str(tmp_path))
    assert again.policy.sha256 == deployment.policy.sha256


@pytest.mark.parametrize(
    ('content', 'error', 'message'),
    [
        ('{', SettingError, "no mapping; allowed: LeRobot's motor calibration"),
        ('[]', SettingError, 'no mapping'),
        ('{"waist": {}}', SettingError, 'waist: found {}; allowed: drive_mode, range_min and'),
        ('{"motor_1": {}}', UnknownNameError, "motor 'waist' is not in .*arm.json; it has: motor"),
    ],
)
def test_a_file_that_is_no_calibration_is_refused(tmp_path, written, content, error, message):
    (tmp_path / 'arm.json').write_text(content)
    with pytest.raises(error, match=message):
        written('state: [{map: {lower: -100, upper: 100, calibration: arm.json}}]')


@pytest.mark.parametrize('preset', FILE_PRESETS)
def test_what_is_written_has_the_same_meaning(tmp_path, written, preset):
    policy = written(f'preset: {preset}').policy
    write_policy_file(tmp_path, policy)
    text = (tmp_path / FILE_NAME).read_text()
    assert "unit: ''" not in text
    assert 'preset' not in text
    again = load_deployment(cell='vx300s_table', policy=str(tmp_path)).policy
    assert (again.sha256, again.state, again.action) == (
        policy.sha256,
        policy.state,
        policy.action,
    )
