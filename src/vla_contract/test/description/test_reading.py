"""Files of makers as they are: MJCF, URDF and xacro, alone and one on another."""

from pathlib import Path

import mujoco
import numpy as np
import pytest
from vla_contract.deployment.robot_model import Model, Part
from vla_contract.description.reading import compiled, read_spec
from vla_contract.errors import ContractError, ResourceNotFoundError, UnknownNameError

BOX = '<geom type="box" size="0.05 0.05 0.05"/>'
ARM = f"""<mujoco><compiler angle="radian"/><worldbody><body name="base" pos="0 0 0.3">{BOX}
  <body name="link" pos="0 0 0.4"><joint name="turn" axis="0 1 0"/>{BOX}
    <body name="flange" pos="0 0 0.1"><site name="mount" pos="0 0 0.02" euler="0 0 1.5708"/></body>
  </body></body></worldbody>
  <keyframe><key qpos="0.5"/></keyframe></mujoco>"""
GRIPPER = f"""<mujoco><default><default class="pad"/></default><worldbody><light/>
  <body name="base" pos="9 9 9" euler="90 0 0">{BOX}
    <body name="finger"><joint name="close" type="slide" range="0 0.04"/>{BOX}</body></body>
  </worldbody><actuator><position name="fingers" joint="close" ctrlrange="0 0.04"/></actuator>
  </mujoco>"""
URDF = """<robot name="arm"><link name="base"/>
  <joint name="turn" type="continuous"><parent link="base"/><child link="link"/>
    <origin xyz="0 0 0.4" rpy="0 0 0"/><axis xyz="0 1 0"/></joint>
  <link name="link"/>
  <joint name="slide" type="prismatic"><parent link="link"/><child link="left"/>
    <axis xyz="0 1 0"/><limit lower="0" upper="0.04" velocity="1" effort="9"/></joint>
  <link name="left"/>
  <joint name="other" type="prismatic"><parent link="link"/><child link="right"/>
    <axis xyz="0 -1 0"/><limit lower="0" upper="0.04" velocity="1" effort="9"/>
    <mimic joint="slide" multiplier="1" offset="0"/></joint>
  <link name="right"/>
  <joint name="end" type="fixed"><parent link="link"/><child link="tool0"/>
    <origin xyz="0 0 0.2"/></joint><link name="tool0"/></robot>"""


@pytest.fixture
def files(tmp_path) -> Path:
    (tmp_path / 'arm.xml').write_text(ARM)
    (tmp_path / 'gripper.xml').write_text(GRIPPER)
    (tmp_path / 'arm.urdf').write_text(URDF)
    return tmp_path


def model(folder: Path, **values) -> Model:
    parts = tuple(Part(folder=str(folder), **part) for part in values.pop('parts', ()))
    values = {'base_frame': 'b', 'base_body': 'base', 'folder': str(folder)} | values
    return Model(parts=parts, **values)


def placed(spec: mujoco.MjSpec, body: str) -> np.ndarray:
    found = compiled('test', spec.compile)
    data = mujoco.MjData(found)
    mujoco.mj_kinematics(found, data)
    return data.body(body).xpos


def test_a_gripper_is_put_on_a_body_with_its_names_prefixed(files):
    part = {'mjcf': 'gripper.xml', 'prefix': 'g/', 'body': 'base', 'to_body': 'flange'}
    spec = read_spec(model(files, mjcf='arm.xml', parts=[part | {'position_m': (0.1, 0.0, 0.0)}]))
    assert [joint.name for joint in spec.joints] == ['turn', 'g/close']
    assert [actuator.name for actuator in spec.actuators] == ['g/fingers']
    assert placed(spec, 'g/base') == pytest.approx([0.1, 0.0, 0.8])


def test_a_gripper_is_put_on_a_site_whole(files):
    part = {'mjcf': 'gripper.xml', 'prefix': 'g/', 'to_site': 'mount'}
    spec = read_spec(model(files, mjcf='arm.xml', parts=[part]))
    # The site is turned by a quarter, and the gripper's base stands 9 m off in its own file.
    assert placed(spec, 'g/base') == pytest.approx([-9.0, 9.0, 9.82], abs=1e-4)


def test_two_arms_from_one_file(files):
    def arm(side: str, y: float, turn: float) -> dict:
        place = {'position_m': (0.0, y, 0.0), 'rpy_deg': (0.0, 0.0, turn)}
        return {'mjcf': 'arm.xml', 'body': 'base', 'prefix': side} | place

    parts = [arm('left_', 0.3, 0.0), arm('right_', -0.3, 180.0)]
    spec = read_spec(model(files, base_body='world', parts=parts))
    assert [joint.name for joint in spec.joints] == ['left_turn', 'right_turn']
    assert placed(spec, 'right_flange') == pytest.approx([0.0, -0.3, 0.5])


def test_a_urdf_keeps_fixed_links_and_mimic_joints(files):
    spec = read_spec(model(files, urdf='arm.urdf'))
    assert placed(spec, 'tool0') == pytest.approx([0.0, 0.0, 0.6])
    follows = [(equality.name1, equality.name2) for equality in spec.equalities]
    assert follows == [('other', 'slide')]


def test_a_gripper_in_mjcf_goes_on_an_arm_in_urdf(files):
    part = {'mjcf': 'gripper.xml', 'prefix': 'g/', 'body': 'base', 'to_body': 'tool0'}
    spec = read_spec(model(files, urdf='arm.urdf', parts=[part]))
    assert placed(spec, 'g/base') == pytest.approx([0.0, 0.0, 0.6])


def test_xacro_is_expanded_with_its_arguments(files):
    package = files / 'arm_description'
    package.mkdir()
    (package / 'part.xacro').write_text(
        '<robot xmlns:xacro="http://ros.org/wiki/xacro"><xacro:macro name="end" params="z">'
        '<link name="tool0"/><joint name="end" type="fixed"><parent link="base"/>'
        '<child link="tool0"/><origin xyz="0 0 ${z}"/></joint></xacro:macro></robot>'
    )
    (package / 'arm.urdf.xacro').write_text(
        '<robot name="arm" xmlns:xacro="http://ros.org/wiki/xacro"><xacro:arg name="z" '
        'default="1"/><xacro:include filename="$(find arm_description)/part.xacro"/>'
        '<link name="base"/><xacro:end z="$(arg z)"/></robot>'
    )
    read = {'xacro': 'arm_description/arm.urdf.xacro', 'xacro_arguments': ('z:=0.25',)}
    assert placed(read_spec(model(files, **read)), 'tool0') == pytest.approx([0.0, 0.0, 0.25])
    (package / 'part.xacro').write_text('<robot>')
    with pytest.raises(ContractError, match='arm.urdf.xacro: xacro cannot expand it'):
        read_spec(model(files, **read))


@pytest.mark.parametrize(
    ('values', 'error', 'message'),
    [
        ({'mjcf': 'no.xml'}, ResourceNotFoundError, 'file of a robot model not found: .*no.xml'),
        ({'mjcf': 'package://no_such/a.xml'}, ResourceNotFoundError, 'no_such; source the'),
        ({'mjcf': 'x.xml', 'package': 'no_such'}, ResourceNotFoundError, 'Python package'),
        ({'mjcf': 'broken.xml'}, ContractError, 'broken.xml: MuJoCo cannot read the model: XML'),
        ({'urdf': 'broken.xml'}, ContractError, 'broken.xml: cannot read the URDF'),
        ({'urdf': 'arm.xml'}, ContractError, 'found <mujoco>; allowed: <robot>'),
        ({}, ContractError, 'robot model: found none'),
        (
            {'mjcf': 'arm.xml', 'parts': [{'mjcf': 'gripper.xml', 'to_body': 'flansch'}]},
            UnknownNameError,
            "'flansch' is not in the model .*; did you mean flange",
        ),
        (
            {'mjcf': 'arm.xml', 'parts': [{'mjcf': 'gripper.xml', 'to_site': 'mont'}]},
            UnknownNameError,
            "site 'mont' is not in .* did you mean mount",
        ),
    ],
)
def test_what_cannot_be_read_is_one_sentence(files, values, error, message):
    (files / 'broken.xml').write_text('<mujoco><body></mujoco>')
    with pytest.raises(error, match=message) as caught:
        read_spec(model(files, **values))
    assert '\n' not in str(caught.value)
