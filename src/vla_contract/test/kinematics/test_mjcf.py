from dataclasses import replace

import pytest
from vla_contract.deployment.cell import load_cell
from vla_contract.errors import ContractError, ResourceNotFoundError, UnknownNameError
from vla_contract.kinematics import mjcf

MODEL = load_cell('panda_table').robot.model
ARMS = {
    'scene.xml': """<mujoco><include file="arms/parts.xml"/>
      <worldbody><body name="table"/></worldbody>
      <worldbody><include file="arms/left.xml"/><body name="right"/></worldbody></mujoco>""",
    'arms/parts.xml': '<mujocoinclude><compiler meshdir="arms/meshes"/></mujocoinclude>',
    'arms/left.xml': '<mujocoinclude><body name="left"><body name="hand"/></body></mujocoinclude>',
}


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Return what reads the robot at a base body out of the files above."""
    for name, text in ARMS.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(mjcf, 'package_file', lambda package, path: tmp_path / path)
    return lambda base, file='scene.xml': mjcf.read_robot(
        replace(MODEL, base_body=base, mjcf=file)
    )


def test_of_a_scene_only_the_robot_is_left(read):
    robot = read('left')
    assert [body.get('name') for body in robot.iter('body')] == ['left', 'hand']
    assert len(robot.findall('worldbody')) == 1


def test_includes_are_read_and_meshes_are_found_from_anywhere(read, tmp_path):
    robot = read('left')
    assert robot.find('include') is None
    assert robot.find('compiler').get('meshdir') == str(tmp_path / 'arms/meshes')


def test_a_base_further_up_the_tree_keeps_what_carries_it(read):
    assert [body.get('name') for body in read('hand').iter('body')] == ['left', 'hand']


def test_a_base_that_the_file_lacks_lists_those_it_has(read):
    with pytest.raises(UnknownNameError, match="'front' is not in .*; it has: left, right, table"):
        read('front')


def test_files_that_cannot_be_read_are_one_sentence(read, tmp_path):
    (tmp_path / 'broken.xml').write_text('<mujoco><body></mujoco>')
    with pytest.raises(ContractError, match='broken.xml: cannot read the model: mismatched tag'):
        read('left', 'broken.xml')
    (tmp_path / 'arms/left.xml').unlink()
    with pytest.raises(ResourceNotFoundError, match='left.xml'):
        read('left')
