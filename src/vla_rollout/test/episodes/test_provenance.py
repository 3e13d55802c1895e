from dataclasses import replace

from vla_contract.cameras.calibration_file import find_calibration, load_calibration
from vla_contract.deployment.deployment import load_deployment
from vla_rollout.episodes.provenance import calibration_ids, policy_sha256, provenance

DEPLOYMENT = load_deployment('panda_lift_cube')
CELL = DEPLOYMENT.cell


def test_every_camera_is_told_with_its_calibration():
    known = load_calibration(find_calibration('panda_table', 'top')).id
    new = replace(CELL.cameras[0], name='wrist')
    cell = replace(CELL, cameras=(*CELL.cameras, new))
    assert known
    assert calibration_ids(cell) == {'top': known, 'wrist': ''}


def test_the_hash_is_of_weights_and_configuration_alone(tmp_path):
    (tmp_path / 'model.safetensors').write_bytes(b'weights')
    before = policy_sha256(str(tmp_path))
    (tmp_path / 'healthy.json').write_text('{}')
    assert policy_sha256(str(tmp_path)) == before
    (tmp_path / 'config.json').write_text('{}')
    assert policy_sha256(str(tmp_path)) not in ('', before)


def test_what_is_no_checkpoint_has_no_hash(tmp_path):
    assert policy_sha256(str(tmp_path)) == ''
    assert policy_sha256('hold') == ''
    assert policy_sha256('') == ''


def test_a_record_names_the_deployment_and_every_part_of_it():
    facts = provenance(load_deployment('panda_lift_cube_effort', backend='hold'), 'wide')
    names = {
        'deployment': 'panda_lift_cube_effort',
        'robot': 'panda_2f85',
        'cell': 'panda_table',
        'task': 'lift_cube',
        'policy': 'panda_lift_act',
        'backend': 'hold',
        'randomization': 'wide',
    }
    assert facts.items() >= names.items()
    plain = provenance(DEPLOYMENT, 'none')
    assert facts['policy_sha256'] == plain['policy_sha256'] != ''
    # Another servo is another robot, and another backend another deployment.
    assert facts['cell_sha256'] != plain['cell_sha256'] == CELL.sha256
    assert facts['deployment_sha256'] != plain['deployment_sha256'] == DEPLOYMENT.sha256
