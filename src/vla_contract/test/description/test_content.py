"""A robot's description is told by what it says, not by how it is written."""

from dataclasses import replace

import pytest
from vla_contract.deployment.cell import load_cell
from vla_contract.deployment.robot_model import Model
from vla_contract.description.content import description_sha256

URDF = """<robot name="arm"><link name="base"/>
  <joint name="turn" type="revolute"><parent link="base"/><child link="link"/>
    <origin xyz="0 0 0.4"/><axis xyz="0 1 0"/>
    <limit lower="-1" upper="1" velocity="1" effort="9"/></joint>
  <link name="link"/></robot>"""


@pytest.fixture
def sha256(tmp_path):
    def of(text: str) -> str:
        (tmp_path / 'arm.urdf').write_text(text)
        model = Model(base_frame='base', base_body='base', urdf='arm.urdf', folder=str(tmp_path))
        return description_sha256(replace(load_cell('panda_table').robot, model=model, tools=()))

    return of


@pytest.mark.parametrize(
    ('old', 'new'),
    [('0 0 0.4', '0 0 0.41'), ('0 1 0', '0 -1 0'), ('upper="1"', 'upper="1.5"')],
    ids=['a longer link', 'an axis turned round', 'another range'],
)
def test_what_moves_otherwise_is_another_robot(sha256, old, new):
    assert sha256(URDF.replace(old, new)) != sha256(URDF)


def test_a_comment_and_a_space_change_nothing(sha256):
    assert sha256(URDF.replace('<link', '<!-- new -->\n<link')) == sha256(URDF)


def test_a_robot_without_a_model_has_none():
    robot = replace(load_cell('panda_table').robot, model=Model(base_frame='base'), tools=())
    assert description_sha256(robot) == ''
