"""Robots of other makers in the world: two arms of one scene, two of one file, a URDF."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
import pytest
from vla_contract.deployment.cell import Cell, load_cell
from vla_contract.deployment.deployment import load_deployment
from vla_contract.errors import SimError
from vla_contract.kinematics.workspace_kinematics import WorkspaceKinematics
from vla_contract.share import find_config
from vla_sim_bridge.scene.robot_spec import load_robot, ROBOT
from vla_sim_bridge.scene.scene import build_model
import yaml

SIDES = ('left', 'right')
URDF = """<robot name="arm"><link name="base"/>
  <joint name="turn" type="revolute"><parent link="base"/><child link="link"/>
    <origin xyz="0.3 0 0.2"/><axis xyz="0 0 1"/>
    <limit lower="-2" upper="2" velocity="2" effort="50"/></joint>
  <link name="link">
    <inertial><mass value="1"/><inertia ixx="0.01" ixy="0" ixz="0" iyy="0.01" iyz="0" izz="0.01"/>
    </inertial><collision><geometry><box size="0.3 0.05 0.05"/></geometry></collision></link>
  <joint name="slide" type="prismatic"><parent link="link"/><child link="left"/>
    <origin xyz="0.2 0.02 0"/><axis xyz="0 1 0"/>
    <limit lower="0" upper="0.04" velocity="1" effort="50"/></joint>
  <link name="left"><collision><geometry><box size="0.05 0.01 0.02"/></geometry></collision></link>
  <joint name="other" type="prismatic"><parent link="link"/><child link="right"/>
    <origin xyz="0.2 -0.02 0"/><axis xyz="0 -1 0"/>
    <limit lower="0" upper="0.04" velocity="1" effort="50"/><mimic joint="slide"/></joint>
  <link name="right"><collision><geometry><box size="0.05 0.01 0.02"/></geometry></collision>
  </link>
  <joint name="end" type="fixed"><parent link="link"/><child link="tool0"/>
    <origin xyz="0.22 0 0"/></joint><link name="tool0"/></robot>"""
URDF_ROBOT = """
schema: 2
name: urdf_arm
joints:
  - {name: turn, type: revolute, lower: -2.0, upper: 2.0, velocity: 2.0, acceleration: 4.0,
     jerk: 40.0, effort: 50.0, home: 0.5, model_joint: turn}
  - {name: slide, type: prismatic, lower: 0.0, upper: 0.04, velocity: 1.0, acceleration: 4.0,
     jerk: 40.0, effort: 50.0, home: 0.04, model_joint: slide, closed_at: lower, opening_m: 0.1}
groups: [{name: arm, joints: [turn]}, {name: gripper, kind: gripper, joints: [slide]}]
tools: [{name: tip, frame: tool0, body: tool0, rpy_deg: [0, 90, 0], finger_bodies: [left, right]}]
model: {urdf: arm.urdf, base_frame: base, base_body: base}
rates: {filter_hz: 100.0, joint_states_hz: 100.0}
servo: {stiffness: 100.0, damping: 10.0, armature: 0.1}
"""


@pytest.fixture
def deployed(tmp_path) -> Callable[..., Any]:
    """Returns what loads the ViperX's deployment with other robots in its cell."""

    def deploy(robots: list[dict[str, Any]]) -> Any:
        cell = yaml.safe_load(find_config('cells', 'vx300s_table').read_text())
        cell['robots'], cell['workspace']['boxes'] = robots, []
        Path(tmp_path / 'cell.yaml').write_text(yaml.safe_dump(cell))
        values = {'schema': 1, 'name': 'd', 'cell': './cell.yaml', 'policy': 'hold'}
        values['task'] = 'lift_cube'
        Path(tmp_path / 'd.yaml').write_text(yaml.safe_dump(values))
        return load_deployment(str(tmp_path / 'd.yaml'))

    return deploy


def sided(value: Any, side: str) -> Any:
    """Return values of the left arm's file for one side, their first 'left' replaced."""
    if isinstance(value, dict):
        return {key: sided(item, side) for key, item in value.items()}
    if isinstance(value, list):
        return [sided(item, side) for item in value]
    return value.replace('left', side, 1) if isinstance(value, str) else value


def scene_of_two(base: str) -> dict[str, Any]:
    """Return a robot of both arms of gym_aloha's scene."""
    robot = yaml.safe_load(find_config('robots', 'vx300s').read_text())
    del robot['geometry']
    joints, groups, tools = [], [], []
    for side in SIDES:
        for joint in sided(robot['joints'], side):
            joints.append(joint | {'name': f'{side}_{joint["model_joint"].split("/")[1]}'})
        names = [joint['name'] for joint in joints if joint['name'].startswith(side)]
        groups.append({'name': f'{side}_arm', 'joints': names[:-1]})
        groups.append({'name': f'{side}_gripper', 'kind': 'gripper', 'joints': names[-1:]})
        (tool,) = sided(robot['tools'], side)
        tools.append(tool | {'name': side, 'group': f'{side}_arm', 'gripper': f'{side}_gripper'})
    points = [
        {'name': side, 'body': f'vx300s_{side}/gripper_link', 'offset': [0.15, 0.0, 0.0]}
        for side in SIDES
    ]
    mimics = [mimic for side in SIDES for mimic in sided(robot['model'].get('mimics', []), side)]
    model = robot['model'] | {'base_body': base, 'mimics': mimics}
    parts = {'joints': joints, 'groups': groups, 'tools': tools, 'model': model}
    return robot | parts | {'geometry': {'control_points': points}}


def at_home(model: mujoco.MjModel, cell: Cell) -> mujoco.MjData:
    data = mujoco.MjData(model)
    for joint in cell.joints:
        data.joint(ROBOT + joint.model_joint).qpos = joint.home
    mujoco.mj_kinematics(model, data)
    return data


def in_simulation(data: mujoco.MjData, cell: Cell) -> np.ndarray:
    bodies = [(data.body(ROBOT + p.body), p.offset) for p in cell.geometry.control_points]
    return np.array([body.xpos + body.xmat.reshape(3, 3) @ offset for body, offset in bodies])


@pytest.mark.parametrize('base', ['vx300s_left', 'world'])
def test_two_arms_of_one_scene_are_one_robot(deployed, tmp_path, base):
    Path(tmp_path / 'pair.yaml').write_text(yaml.safe_dump(scene_of_two(base)))
    deployment = deployed([{'robot': './pair.yaml'}])
    cell, model = deployment.cell, build_model(deployment)
    expected = WorkspaceKinematics(cell).positions(cell.home[list(cell.arm)])
    found = in_simulation(at_home(model, cell), cell)
    assert found == pytest.approx(expected, abs=1e-9)
    assert model.nu == len(cell.joints)
    bodies = [model.body(i).name for i in range(model.nbody)]
    # The scene's own cube and table are no part of a robot that names its base.
    assert ('arm/table' in bodies) is (base == 'world')
    assert 'arm/box' not in bodies


def test_two_arms_of_one_file_stand_where_the_cell_puts_them(deployed):
    place = {'robot': 'vx300s', 'position_m': [-0.469, 0.5, 0.0], 'prefix': 'left_'}
    other = {'robot': 'vx300s', 'position_m': [0.469, 0.5, 0.0], 'prefix': 'right_'}
    deployment = deployed([place, other | {'rpy_deg': [0, 0, 180]}])
    cell, model = deployment.cell, build_model(deployment)
    expected = WorkspaceKinematics(cell).positions(cell.home[list(cell.arm)])
    assert in_simulation(at_home(model, cell), cell) == pytest.approx(expected, abs=1e-9)
    actuators = [model.actuator(i).name for i in range(model.nu)]
    assert sorted(actuators) == sorted(ROBOT + name for name in cell.joint_names)


def test_a_urdf_moves_holds_and_its_fingers_follow(deployed, tmp_path):
    Path(tmp_path / 'arm.urdf').write_text(URDF)
    Path(tmp_path / 'arm.yaml').write_text(URDF_ROBOT)
    deployment = deployed([{'robot': './arm.yaml'}])
    cell, model = deployment.cell, build_model(deployment)
    data = at_home(model, cell)
    for name, target in (('turn', -1.0), ('slide', 0.01)):
        data.ctrl[model.actuator(ROBOT + name).id] = target
    mujoco.mj_step(model, data, 2000)
    assert data.joint(ROBOT + 'turn').qpos[0] == pytest.approx(-1.0, abs=0.01)
    assert data.joint(ROBOT + 'slide').qpos[0] == pytest.approx(0.01, abs=0.002)
    assert data.joint(ROBOT + 'other').qpos[0] == pytest.approx(0.01, abs=0.002)
    pads = [model.geom(f'{ROBOT}{side}/pad0') for side in SIDES]
    assert {pad.friction[0] for pad in pads} == {cell.robot.tool.pad_friction}
    tip = data.site(ROBOT + cell.robot.tool.point)
    assert tip.xmat.reshape(3, 3)[:, 2] == pytest.approx([np.cos(-1.0), np.sin(-1.0), 0], abs=0.02)


def test_links_of_a_urdf_that_touch_at_home_do_not_collide(deployed, tmp_path):
    """Fingers that are shorter than the gap to the base's own shape overlap with it as built."""
    post = '<collision><origin xyz="0.5 0 0.2"/><geometry><box size="0.1 0.3 0.3"/></geometry>'
    text = URDF.replace('<link name="base"/>', f'<link name="base">{post}</collision></link>')
    Path(tmp_path / 'arm.urdf').write_text(text)
    for home, pairs in (('home: 0.5', True), ('home: 0.0', True), ('home: 2.0', False)):
        Path(tmp_path / 'arm.yaml').write_text(URDF_ROBOT.replace('home: 0.5', home))
        deployment = deployed([{'robot': './arm.yaml'}])
        model = build_model(deployment)
        data = at_home(model, deployment.cell)
        mujoco.mj_forward(model, data)
        names = [{model.geom(g).bodyid[0] for g in c.geom} for c in data.contact]
        arm = {i for i in range(model.nbody) if model.body(i).name.startswith(ROBOT)}
        assert not [pair for pair in names if pair <= arm]
        assert bool(model.nexclude) is pairs


def test_the_rotors_of_an_arm_are_not_those_of_its_grippers_linkage():
    plain, heavy = (
        build_model(load_deployment(overrides={'robot.servo.armature': armature}))
        for armature in (None, 0.7)
    )
    arm, linkage = (plain.joint(ROBOT + name).dofadr for name in ('joint1', 'left_coupler_joint'))
    assert heavy.dof_armature[arm] == 0.7
    assert heavy.dof_armature[linkage] == plain.dof_armature[linkage] < 0.1


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        ({'actuator': 'fingers_actuato'}, 'no actuator fingers_actuato in .*panda.xml; did you'),
        ({'site': 'pinhc'}, 'no site pinhc in .*panda.xml; did you mean pinch'),
        ({'finger_geoms': ('right_pad7',)}, 'no finger_geoms right_pad7'),
    ],
)
def test_a_name_that_the_model_lacks_is_one_sentence(change, message):
    cell = load_cell('panda_table')
    robot = replace(cell.robot, tools=(replace(cell.robot.tool, **change),))
    with pytest.raises(SimError, match=message):
        load_robot(replace(cell, robots=(replace(cell.robots[0], robot=robot),)))
