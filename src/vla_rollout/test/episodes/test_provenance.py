from dataclasses import replace

from vla_contract.cameras.calibration_file import find_calibration, load_calibration
from vla_contract.contract import load_contract
from vla_rollout.episodes.provenance import calibration_ids, policy_sha256

CONTRACT = load_contract('panda_2f85')


def test_every_camera_is_told_with_its_calibration():
    known = load_calibration(find_calibration('panda_2f85', 'top')).id
    new = replace(CONTRACT.cameras[0], name='wrist')
    contract = replace(CONTRACT, cameras=(*CONTRACT.cameras, new))
    assert known
    assert calibration_ids(contract) == {'top': known, 'wrist': ''}


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
