from described_arm import JOINT_LIMITS, SRDF
import pytest
from vla_contract.errors import ContractError, SettingError
from vla_sim_bridge.drafting.reading.moveit_files import read_joint_limits, read_srdf


def test_end_effectors_of_an_srdf_are_grippers(tmp_path):
    path = tmp_path / 'arm.srdf'
    path.write_text(SRDF)
    found = read_srdf(path)
    assert found.grippers == ('left_finger',)
    assert found.tips == ('hand', 'hand')


def test_limits_count_only_where_they_are_switched_on(tmp_path):
    path = tmp_path / 'joint_limits.yaml'
    path.write_text(JOINT_LIMITS)
    assert read_joint_limits(path) == {'pan': {'velocity': 1.25, 'acceleration': 4.5}, 'lift': {}}


def test_a_file_of_another_kind_is_refused(tmp_path):
    path = tmp_path / 'joint_limits.yaml'
    path.write_text('joints: {}')
    with pytest.raises(SettingError, match='joint_limits: found nothing'):
        read_joint_limits(path)
    path.write_text('<robot')
    with pytest.raises(ContractError, match='cannot read the SRDF'):
        read_srdf(path)
