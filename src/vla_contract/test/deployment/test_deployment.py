from pathlib import Path

import pytest
from vla_contract.deployment.deployment import load_cell_of, load_deployment
from vla_contract.deployment.policy_file import FILE_NAME
from vla_contract.errors import (
    ContractError,
    NameMismatchError,
    ResourceNotFoundError,
    SettingError,
    UnknownNameError,
)
from vla_contract.share import config_names, find_config, find_model


def written(folder: Path, **changes: str) -> str:
    values = {
        'schema': '1',
        'name': 'own',
        'cell': 'panda_table',
        'policy': 'hold',
        'task': 'lift_cube',
    }
    lines = [f'{key}: {value}\n' for key, value in (values | changes).items()]
    (folder / 'own.yaml').write_text(''.join(lines))
    return str(folder / 'own.yaml')


def policy(folder: Path, old: str = '', new: str = '') -> str:
    found = find_model('panda_lift_act')
    assert found is not None
    text = (found / FILE_NAME).read_text()
    assert old in text
    (folder / FILE_NAME).write_text(text.replace(old, new, 1))
    return str(folder)


@pytest.mark.parametrize('name', config_names('deployments'))
def test_every_shipped_deployment_loads(name):
    deployment = load_deployment(name)
    assert deployment.name == name
    assert load_cell_of(name) == deployment.cell


def test_the_default_is_the_panda_that_lifts_a_cube():
    deployment = load_deployment()
    assert deployment.cell.name == 'panda_table'
    assert deployment.task.instruction == 'lift the cube'
    assert deployment.policy.source == 'panda_lift_act'
    assert deployment.policy.rate_hz == 10.0
    assert deployment.policy.action_names == deployment.cell.joint_names
    assert not deployment.real


def test_parts_replace_those_of_the_file():
    deployment = load_deployment(cell='vx300s_table', policy='hold', backend='scripted')
    assert deployment.cell.robot.name == 'vx300s'
    assert deployment.policy.name == 'hold'
    assert deployment.policy.backend == 'scripted'
    assert deployment.policy.state_names == deployment.cell.joint_names
    assert load_deployment(task='board_on_table').task.simulation['board']['rows'] == 6
    assert load_cell_of('panda_lift_cube', 'vx300s_table') == deployment.cell


def test_a_file_names_others_beside_it(tmp_path):
    cell = find_config('cells', 'panda_table').read_text()
    (tmp_path / 'desk.yaml').write_text(cell.replace('panda_table', 'desk'))
    deployment = load_deployment(written(tmp_path, cell='./desk.yaml', real='true'))
    assert deployment.cell.name == 'desk'
    assert deployment.real


def test_overrides_replace_single_values(tmp_path):
    path = written(
        tmp_path,
        overrides='{robot.servo.measures_effort: true, cell.cameras.top.rate_hz: 30.0, '
        'policy.rate_hz: 5.0, task.simulation.areas.cube.x_m: [0.3, 0.4]}',
    )
    deployment = load_deployment(path)
    assert deployment.cell.robot.servo.measures_effort
    assert deployment.cell.camera('top').rate_hz == 30.0
    assert deployment.policy.rate_hz == 5.0
    assert deployment.task.simulation['areas']['cube']['x_m'] == [0.3, 0.4]
    assert load_cell_of(path) == deployment.cell
    given = load_deployment(path, overrides={'policy.rate_hz': 20.0})
    assert given.policy.rate_hz == 20.0
    assert given.sha256 != deployment.sha256


def test_overrides_of_a_part_go_with_it(tmp_path):
    path = written(tmp_path, overrides='{robot.servo.measures_effort: true, policy.rate_hz: 5.0}')
    other = load_deployment(path, cell='panda_table', policy='scripted')
    assert not other.cell.robot.servo.measures_effort
    assert other.policy.rate_hz == 10.0


@pytest.mark.parametrize(
    ('overrides', 'message'),
    [
        ('{world.cube: 1}', "overrides.world.cube: found 'world'; allowed: a path from robot."),
        ('{cell.cameras.topp.rate_hz: 1.0}', 'did you mean top'),
        ('{cell.deadlines.image_age: 1.0}', 'did you mean image_age_s'),
        ('{cell.name.first: 1}', 'a path to a named value'),
    ],
)
def test_an_override_that_leads_nowhere_is_refused(tmp_path, overrides, message):
    with pytest.raises(ContractError, match=message):
        load_deployment(written(tmp_path, overrides=overrides))


def test_the_hash_covers_every_part():
    hashes = {
        load_deployment().sha256,
        load_deployment(cell='vx300s_table', policy='hold').sha256,
        load_deployment(policy='hold').sha256,
        load_deployment(task='board_on_table').sha256,
        load_deployment(backend='hold').sha256,
    }
    assert len(hashes) == 5


def test_a_checkpoint_says_what_its_numbers_mean(tmp_path):
    deployment = load_deployment(policy=policy(tmp_path, 'rate_hz: 10.0', 'rate_hz: 20.0'))
    assert deployment.policy.rate_hz == 20.0
    assert deployment.policy.source == str(tmp_path)


def test_a_checkpoint_without_a_policy_file_takes_the_deployments_meaning(tmp_path):
    for name in (str(tmp_path), 'somebody/policy', 'not_here'):
        found = load_deployment('vx300s_lift_cube', policy=name).policy
        assert (found.source, found.backend) == (name, 'lerobot')
        assert found.cameras == load_deployment('vx300s_lift_cube').policy.cameras
    assert load_deployment(policy='data', backend='replay').policy.backend == 'replay'


def test_a_remote_computes_a_policy_whose_meaning_is_known_here():
    found = load_deployment(policy='panda_language_act', backend='remote', source='./gpu.yaml')
    assert (found.policy.backend, found.policy.source) == ('remote', './gpu.yaml')
    assert found.policy.name == 'panda_language_act'


def test_a_deployment_names_a_checkpoint_beside_it(tmp_path):
    (tmp_path / 'checkpoint').mkdir()
    policy(tmp_path / 'checkpoint')
    found = load_deployment(written(tmp_path, policy='./checkpoint')).policy
    assert found.source == str(tmp_path / 'checkpoint')


def test_a_deployment_needs_a_policy_file(tmp_path):
    with pytest.raises(ResourceNotFoundError, match=r'write a vla_policy\.yaml'):
        load_deployment(written(tmp_path, policy='nowhere/policy'))
    with pytest.raises(UnknownNameError, match='did you mean panda_lift_act'):
        load_deployment(written(tmp_path, policy='panda_lift_atc'))


def test_names_that_do_not_exist_list_those_that_do(tmp_path):
    with pytest.raises(UnknownNameError, match='did you mean panda_lift_cube'):
        load_deployment('panda_lift_cub')
    with pytest.raises(UnknownNameError, match='did you mean lift_cube'):
        load_deployment(task='lift_cub')
    with pytest.raises(SettingError, match='did you mean policy'):
        load_deployment(written(tmp_path, polcy='hold'))


def test_policy_joints_are_the_cells(tmp_path):
    with pytest.raises(NameMismatchError, match='missing panda_joint1; unknown panda_jointX'):
        load_deployment(policy=policy(tmp_path, 'joints: [panda_joint1', 'joints: [panda_jointX'))


def test_a_policy_sees_cameras_of_the_cell(tmp_path):
    with pytest.raises(UnknownNameError, match="camera 'tpo' is not in cell panda_table"):
        load_deployment(policy=policy(tmp_path, 'camera: top', 'camera: tpo'))


DELTA = (
    'quantity: end_effector_delta\n    end_effector: {rotation: axis_angle, metres_per_unit: 0.05}'
)


def action(folder: Path, new: str) -> str:
    """Return a policy whose action has another quantity, its state the usual one."""
    return policy(folder, 'action:\n  - quantity: joint_position', f'action:\n  - {new}')


def test_end_effector_deltas_carry_their_meaning(tmp_path):
    found = load_deployment(policy=action(tmp_path, DELTA)).policy
    assert found.action_kind == 'end_effector_delta'
    assert found.end_effector is not None
    assert found.end_effector.rotation == 'axis_angle'
    assert found.end_effector.frame == 'base'
    assert found.action_names == load_deployment().policy.action_names


@pytest.mark.parametrize(
    ('new', 'message'),
    [
        ('quantity: end_effector_delta', 'found nothing with quantity end_effector_delta'),
        (
            'quantity: joint_position\n    end_effector: {}',
            'found a section with quantity joint_position',
        ),
        (DELTA.replace('}', ', gripper_open: 0}'), 'gripper_open and gripper_closed are both 0'),
        (DELTA.replace('axis_angle', 'euler'), 'roll_pitch_yaw or axis_angle'),
        ('quantity: velocity', 'joint_position or joint_velocity or .* or end_effector_delta'),
    ],
)
def test_contradicting_quantities_are_refused(tmp_path, new, message):
    with pytest.raises(ContractError, match=message):
        load_deployment(policy=action(tmp_path, new))


def test_moves_of_the_tool_stand_alone(tmp_path):
    two = f'{DELTA}\n    joints: [panda_joint1]\n  - quantity: joint_position'
    file = policy(tmp_path, 'action:\n  - quantity: joint_position', f'action:\n  - {two}')
    text = (tmp_path / FILE_NAME).read_text()
    head, last = text.rsplit('panda_joint1, ', 1)
    (tmp_path / FILE_NAME).write_text(head + last)
    with pytest.raises(ContractError, match='allowed: that alone'):
        load_deployment(policy=file)


def test_a_file_beside_a_checkpoint_does_not_choose_code(tmp_path):
    folder = policy(tmp_path, 'backend: lerobot', 'backend: os:system')
    with pytest.raises(SettingError, match="backend: found 'os:system'; allowed: a name"):
        load_deployment(policy=folder)
    with pytest.raises(SettingError, match='--allow-code os:system'):
        load_deployment(written(tmp_path, policy=folder))
    assert load_deployment(policy=folder, backend='os:system').policy.backend == 'os:system'
    assert load_deployment(policy=folder, allow_code=['os:system']).policy.backend == 'os:system'


def test_what_may_run_is_named_by_the_deployment_and_changes_its_hash(tmp_path):
    plain = load_deployment(written(tmp_path))
    allowing = load_deployment(written(tmp_path, allow_code='[own.Step]'), allow_code=['other'])
    assert plain.allow_code == ()
    assert allowing.allow_code == ('other', 'own.Step')
    assert allowing.sha256 != plain.sha256


def test_a_whole_number_means_the_same_as_with_a_point():
    whole, point = (
        load_deployment(overrides={'task.simulation.objects.cube.friction': value})
        for value in (1, 1.0)
    )
    other = load_deployment(overrides={'task.simulation.objects.cube.friction': 2})
    assert whole.sha256 == point.sha256 != other.sha256
