"""Checkpoints as people have them: each is drafted, with the unit or with the question."""

import json

import numpy as np
import pytest
from vla_contract.deployment.cell import load_cell
from vla_contract.deployment.policy_file import load_policy_file
from vla_contract.vectors.presets import action_of, state_of
from vla_contract.vectors.scale import joint_scales
from vla_lerobot.drafting.draft_policy import main
from vla_lerobot.features import ACTION, STATE
from written_checkpoint import statistics, write_checkpoint, write_description

MOTORS = ['shoulder_pan', 'shoulder_lift', 'elbow_flex', 'wrist_flex', 'wrist_roll', 'gripper']
POS = [f'{name}.pos' for name in MOTORS]
IN_DEGREES = statistics([-105, -98, -90, -92, -150, 2], [107, 95, 96, 90, 160, 98])
# An arm of ALOHA's pair and its gripper.
VIPER = ['waist', 'shoulder', 'elbow', 'forearm_roll', 'wrist_angle', 'wrist_rotate', 'gripper']
PAIR = [f'{side}_{name}' for side in ('left', 'right') for name in VIPER]
IN_RADIANS = statistics(
    [-0.5, -1.8, 0.3, -0.6, -1.2, -1.0, 0.02] * 2, [0.4, 0.9, 1.5, 0.5, 1.3, 1.1, 1.04] * 2
)


@pytest.fixture
def drafted(tmp_path, capsys):
    """Return a function that drafts, checks the status, and returns file, output and text."""

    def run(folder, cell, *options, status=0):
        out = tmp_path / 'policy.yaml'
        assert main([str(folder), '--output', str(out), '--cell', cell, *options]) == status
        said = capsys.readouterr()
        found = load_policy_file(out, str(out), load_cell(cell)) if status == 0 else None
        return found, said.out, out.read_text()

    return run


def means_preset(policy, preset, cell_name):
    """Whether a policy file says what a preset says."""
    cell = load_cell(cell_name)
    state = joint_scales(state_of(preset, policy.state_names, cell), cell)
    action = joint_scales(action_of(preset, policy.action_names, cell), cell)
    return (state, action) == (joint_scales(policy.state, cell), joint_scales(policy.action, cell))


def test_an_so101_in_degrees_loads_and_is_told_from_percent(tmp_path, drafted):
    folder = write_checkpoint(
        tmp_path / 'act', IN_DEGREES, IN_DEGREES, ['observation.images.top'], POS
    )
    policy, out, text = drafted(folder, 'so101_table')
    assert means_preset(policy, 'so101_degrees', 'so101_table')
    assert policy.state_names == tuple(MOTORS)
    assert 'guess: degrees, the only one that fits' in out
    assert '#   shoulder_pan   -105 to 107, recorded as shoulder_pan.pos' in text
    assert 'the same as preset: so101_degrees' in out
    assert 'guess: nobody recorded it' in text
    assert policy.rate_hz == 30.0


def test_an_so101_in_percent_is_asked_about(tmp_path, drafted):
    percent = statistics([-98, -90, -80, -90, -97, 1], [96, 88, 92, 90, 97, 99])
    policy, out, text = drafted(
        write_checkpoint(tmp_path / 'act', percent, percent, names=POS), 'so101_table'
    )
    assert means_preset(policy, 'so101_degrees', 'so101_table')
    assert 'guess: degrees, or percent of its range, -100 to 100?' in out
    assert '# guess: degrees, or percent of its range, -100 to 100?' in text


def test_numbers_that_end_exactly_at_100_are_percent_first(tmp_path, drafted):
    cut = statistics([-100, -100, -80, -90, -97, 0], [96, 88, 100, 90, 97, 100])
    policy, out, _ = drafted(
        write_checkpoint(tmp_path / 'act', cut, cut, names=POS), 'so101_table'
    )
    assert means_preset(policy, 'so101_normalised', 'so101_table')
    assert 'guess: percent of its range, -100 to 100, or degrees?' in out


def test_an_aloha_pair_takes_the_names_of_its_dataset(tmp_path, drafted):
    folder = write_checkpoint(tmp_path / 'act', IN_RADIANS, IN_RADIANS, names=['motors'])
    images = {'observation.images.top': {'dtype': 'video', 'shape': [48, 64, 3], 'names': None}}
    dataset = write_description(
        tmp_path / 'set', {'motors': PAIR}, 14, fps=50, robot_type='aloha', features=images
    )
    policy, out, text = drafted(folder, 'aloha_table', '--dataset', str(dataset))
    assert means_preset(policy, 'aloha', 'aloha_table')
    assert policy.rate_hz == 50.0
    assert policy.state_names == load_cell('aloha_table').joint_names
    assert 'recorded as left_waist' in ' '.join(text.split('#'))
    assert 'left_left_finger: guess: 0 closed to 1 open, or 0 open to 1 closed?' in out


def test_droids_velocities_are_no_positions(tmp_path, drafted):
    state = statistics(
        [-0.5, -0.3, -0.6, -2.6, -0.5, 1.5, -1, 0], [0.5, 0.9, 0.5, -1.2, 0.6, 3.1, 1, 1]
    )
    action = statistics([-1] * 7 + [0], [1] * 7 + [1], mean=[0.01] * 7 + [0.5])
    names = [f'joint_velocity_{i}' for i in range(7)] + ['gripper_position']
    policy, out, _ = drafted(
        write_checkpoint(
            tmp_path / 'droid',
            state,
            action,
            names=names,
            training={'dataset': {'repo_id': 'lerobot/droid_100'}},
        ),
        'panda_table',
    )
    assert means_preset(policy, 'droid', 'panda_table')
    assert policy.rate_hz == 15.0
    assert 'guess: moves cut at -1 and 1; 3 rad/s for 1.0 is what DROID means' in out
    assert 'guess: 0 open to 1 closed, or 0 closed to 1 open?' in out


def test_velocities_without_names_are_found_by_statistics(tmp_path, drafted):
    state = statistics([-0.5, -2, 1, -2, -2, -0.5, 0], [0.5, -1, 2, -1, -1, 0.5, 0.8])
    action = statistics([-0.6] * 6 + [0], [0.6] * 6 + [0.8])
    policy, out, _ = drafted(write_checkpoint(tmp_path / 'act', state, action), 'ur5e_2f85_table')
    assert policy.action[0].quantity == 'joint_velocity'
    assert policy.action[1].quantity == 'joint_position'
    assert 'moves too large for one step: velocities' in out


def test_frames_say_what_the_statistics_cannot(tmp_path, drafted):
    middle = np.array([0.0, 0.0, 0.0, -1.5, 0.0, 1.8, 0.0, 0.4])
    path = middle + 0.3 * np.sin(0.05 * np.arange(201)[:, None] + np.arange(8))
    moves = np.diff(path, axis=0) / 0.2
    state = path[:-1]
    folder = write_checkpoint(
        tmp_path / 'act',
        statistics(state.min(axis=0), state.max(axis=0)),
        statistics(moves.min(axis=0), moves.max(axis=0)),
    )
    dataset = write_description(tmp_path / 'set', None, 8, rows=(state, moves), fps=15)
    _, out, text = drafted(folder, 'panda_table', '--dataset', str(dataset))
    assert 'where 1.0 moves a joint by 0.2 in a step' in out
    assert 'quantity: joint_velocity' in text
    assert 'scale: 3.0' in text


def test_names_that_nobody_recorded_are_a_guess(tmp_path, drafted):
    folder = write_checkpoint(tmp_path / 'act', IN_DEGREES, IN_DEGREES)
    dataset = write_description(tmp_path / 'set', None, 6)
    policy, out, text = drafted(folder, 'so101_table', '--dataset', str(dataset))
    assert policy.action_names == tuple(MOTORS)
    assert 'guess: joint names are not recorded' in out
    assert '# guess: joint names are not recorded' in text


def test_numbers_that_fit_no_unit_have_to_be_filled_in(tmp_path, drafted):
    old = statistics([-20, 0, 0, -90, -150, 0], [200, 195, 190, 90, 160, 90])
    folder = write_checkpoint(tmp_path / 'act', old, old, names=POS)
    _, out, text = drafted(folder, 'so101_table', status=1)
    assert 'to be filled in: state: unit of shoulder_pan' in out
    assert 'unit: FILL_IN' in text


def test_one_joint_of_another_calibration_does_not_hide_the_unit(tmp_path, drafted):
    turned = statistics([-105, -20, -90, -92, -150, 2], [107, 190, 96, 90, 160, 98])
    folder = write_checkpoint(tmp_path / 'act', turned, turned, names=POS)
    policy, out, _ = drafted(folder, 'so101_table')
    assert means_preset(policy, 'so101_degrees', 'so101_table')
    assert 'guess: degrees; beyond its limits so: shoulder_lift (another zero?)' in out


def test_another_number_of_joints_has_to_be_filled_in(tmp_path, drafted):
    folder = write_checkpoint(tmp_path / 'act', IN_DEGREES, IN_DEGREES)
    _, out, _ = drafted(folder, 'panda_table', status=1)
    assert '6 numbers are not the 8 joints of the cell: which are they?' in out


@pytest.mark.parametrize('ending', ['vel', 'torque'])
def test_a_state_of_velocities_or_efforts_has_to_be_thought_about(tmp_path, drafted, ending):
    folder = write_checkpoint(tmp_path / 'act', IN_DEGREES, IN_DEGREES)
    names = {STATE: [f'{name}.{ending}' for name in MOTORS], ACTION: POS}
    root = write_description(tmp_path / 'set', names, 6)
    _, out, _ = drafted(folder, 'so101_table', '--dataset', str(root), status=1)
    assert f'to be filled in: state: has shoulder_pan.{ending}, shoulder_lift.{ending}' in out
    assert 'for which a policy file has no word' in out


def test_names_of_velocities_in_the_action_are_joints_in_the_state(tmp_path, drafted):
    names = [*(f'{name}.vel' for name in MOTORS[:-1]), 'gripper.pos']
    folder = write_checkpoint(tmp_path / 'act', IN_DEGREES, IN_DEGREES, names=names)
    policy, _, _ = drafted(folder, 'so101_table')
    assert policy.state_names == policy.action_names == tuple(MOTORS)
    assert policy.action_kind == 'joint_velocity'


def test_a_pose_of_the_tool_is_not_taken_for_joints(tmp_path, drafted):
    names = ['x', 'y', 'z', 'ax', 'ay', 'az', 'gripper_l', 'gripper_r']
    span = statistics([-1] * 8, [1] * 8)
    folder = write_checkpoint(tmp_path / 'act', span, span, names=names)
    _, out, _ = drafted(folder, 'panda_table', status=1)
    assert 'to be filled in: state: recorded as x, y, z' in out
    assert 'a pose or moves of the tool' in out


def test_numbered_joints_are_not_shifted_by_one(tmp_path, drafted):
    names = {STATE: [f'joint_{i}' for i in range(7)] + ['gripper'], ACTION: None}
    span = statistics(
        [-0.5, -0.3, -0.6, -2.6, -0.5, 1.5, -1, 0], [0.5, 0.9, 0.5, -1.2, 0.6, 3, 1, 1]
    )
    folder = write_checkpoint(tmp_path / 'act', span, span)
    dataset = write_description(tmp_path / 'set', names, 8)
    policy, out, _ = drafted(folder, 'panda_table', '--dataset', str(dataset))
    assert policy.state_names == load_cell('panda_table').joint_names
    assert 'taken for these joints by their order' in out


def test_relative_actions_are_positions_when_they_come_out(tmp_path, drafted):
    offsets = statistics([-8] * 6, [8] * 6)
    step = {'registry_name': 'relative_actions_processor', 'config': {'enabled': True}}
    folder = write_checkpoint(tmp_path / 'pi0', IN_DEGREES, offsets, names=POS, steps=[step])
    policy, _, text = drafted(folder, 'so101_table')
    assert means_preset(policy, 'so101_degrees', 'so101_table')
    assert 'LeRobot adds the state' in text


def test_cameras_go_by_the_names_of_the_dataset_and_empty_ones_are_left_out(tmp_path, drafted):
    step = {
        'registry_name': 'rename_observations_processor',
        'config': {'rename_map': {'observation.images.top': 'observation.images.camera1'}},
    }
    images = ['observation.images.camera1', 'observation.images.empty_camera_0']
    folder = write_checkpoint(tmp_path / 'act', IN_DEGREES, IN_DEGREES, images, POS, steps=[step])
    policy, _, _ = drafted(folder, 'so101_table')
    assert [(seen.camera, seen.feature) for seen in policy.cameras] == [
        ('top', 'observation.images.top')
    ]


def test_a_fine_tune_is_as_wide_as_its_data_and_sees_what_they_show(tmp_path, drafted):
    images = [f'observation.images.{name}' for name in ('top', 'camera2', 'camera3')]
    base = {key: {'type': 'VISUAL', 'shape': [3, 256, 256]} for key in images}
    base[STATE] = {'type': 'STATE', 'shape': [32]}
    folder = write_checkpoint(
        tmp_path / 'smolvla', IN_DEGREES, IN_DEGREES, names=POS, input_features=base
    )
    seen = {images[0]: {'dtype': 'video', 'shape': [48, 64, 3], 'names': None}}
    dataset = write_description(tmp_path / 'set', POS, 6, features=seen)
    policy, out, _ = drafted(folder, 'so101_table', '--dataset', str(dataset))
    assert [(camera.feature, camera.width) for camera in policy.cameras] == [(images[0], 64)]
    assert 'camera2, observation.images.camera3: not in the dataset, and left out here' in out


def test_a_camera_more_than_the_cell_has_is_to_be_filled_in(tmp_path, drafted):
    images = ['observation.images.front', 'observation.images.wrist']
    folder = write_checkpoint(tmp_path / 'act', IN_DEGREES, IN_DEGREES, images, POS)
    _, out, _ = drafted(folder, 'so101_table', status=1)
    assert 'to be filled in: observation.images.front: no camera front; the cell has: top' in out


def test_what_our_own_files_record_is_no_guess(tmp_path, drafted):
    folder = write_checkpoint(tmp_path / 'act', IN_DEGREES, IN_DEGREES)
    units = ['deg'] * 5 + ['0 at -0.17453 rad, 100 at 1.74533 rad']
    manifest = {'fps': 20.0, 'state_names': MOTORS, 'action_names': MOTORS}
    manifest |= {'state_units': units, 'action_units': units}
    (folder / 'vla_manifest.json').write_text(json.dumps(manifest))
    policy, out, _ = drafted(folder, 'so101_table')
    assert policy.rate_hz == 20.0
    assert means_preset(policy, 'so101_degrees', 'so101_table')
    assert '0 guesses' in out


def test_beside_a_checkpoint_it_names_the_folder_and_replaces_nothing(tmp_path, capsys):
    folder = tmp_path / 'pick' / 'checkpoints' / 'last' / 'pretrained_model'
    write_checkpoint(folder, IN_DEGREES, IN_DEGREES, ['observation.images.wrist'], POS)
    assert main([str(folder), '--robot', 'so101']) == 0
    text = (folder / 'vla_policy.yaml').read_text()
    assert 'name: pick\n' in text
    assert 'source: .\n' in text
    assert main([str(folder), '--robot', 'so101']) == 2
    assert 'exists already; give --force' in capsys.readouterr().err
    assert (folder / 'vla_policy.yaml').read_text() == text


def test_without_a_robot_the_cell_with_these_joints_is_a_guess(tmp_path, capsys):
    folder = write_checkpoint(tmp_path / 'act', IN_DEGREES, IN_DEGREES, names=POS)
    assert main([str(folder)]) == 0
    assert 'guess: cell so101_table, whose joints have these names' in capsys.readouterr().out


@pytest.mark.parametrize(
    ('damage', 'sentence'),
    [
        ({'config.json': '{'}, 'config.json cannot be read'),
        ({'config.json': '[]'}, 'config.json: found list; allowed: an object'),
        ({'config.json': '{"input_features": null}'}, 'input_features of config.json: found None'),
        ({'policy_preprocessor_normalizer.safetensors': 'x'}, 'safetensors cannot be read'),
    ],
)
def test_damaged_files_are_one_sentence(tmp_path, capsys, damage, sentence):
    folder = write_checkpoint(tmp_path / 'act', IN_DEGREES, IN_DEGREES, names=POS)
    for name, content in damage.items():
        (folder / name).write_text(content)
    assert main([str(folder), '--robot', 'so101']) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count('\n') == 1
    assert not (folder / 'vla_policy.yaml').exists()


@pytest.mark.parametrize(
    ('options', 'sentence'),
    [
        (['--robot', 'so102'], 'did you mean so101?'),
        (['--dataset', 'nowhere', '--robot', 'so101'], 'dataset not found: nowhere'),
        ([], 'allowed: --robot or --cell'),
    ],
)
def test_wrong_use_is_one_sentence(tmp_path, capsys, options, sentence):
    folder = write_checkpoint(tmp_path / 'act', IN_DEGREES, IN_DEGREES)
    assert main([str(folder), *options]) == 2
    assert sentence in capsys.readouterr().err
    assert not (folder / 'vla_policy.yaml').exists()
