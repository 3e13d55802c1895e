from dataclasses import replace

import pytest
from vla_contract.contract import load_contract
from vla_contract.errors import ContractError, NameMismatchError, UnknownNameError
from vla_contract.workspace import Box, check_workspace, ControlPoint, Plane, Workspace

WORKSPACE = load_contract('panda_2f85').workspace


def test_the_panda_keeps_its_points_off_the_table():
    assert [plane.name for plane in WORKSPACE.planes] == ['table']
    assert 'finger_left' in [point.name for point in WORKSPACE.control_points]


def test_a_zone_for_an_unknown_point_lists_those_that_exist():
    plane = Plane('floor', (0.0, 0.0, 0.0), (0.0, 0.0, 1.0), ('nose',))
    with pytest.raises(UnknownNameError, match='finger_left'):
        check_workspace(replace(WORKSPACE, planes=(plane,)), 'robot.yaml')


def test_a_pair_with_an_unknown_capsule_is_refused():
    with pytest.raises(UnknownNameError, match='nose'):
        check_workspace(replace(WORKSPACE, self_collision=(('nose', 'base'),)), 'robot.yaml')


def test_an_empty_box_is_refused():
    box = Box('reach', (0.0, 0.0, 1.0), (1.0, 1.0, 1.0))
    with pytest.raises(ContractError, match='must be below upper'):
        check_workspace(replace(WORKSPACE, boxes=(box,)), 'robot.yaml')


def test_a_plane_without_direction_is_refused():
    plane = Plane('floor', (0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    with pytest.raises(ContractError, match='normal is zero'):
        check_workspace(replace(WORKSPACE, planes=(plane,)), 'robot.yaml')


def test_a_point_named_twice_is_refused():
    points = (ControlPoint('tip', 'base'), ControlPoint('tip', 'link6'))
    with pytest.raises(NameMismatchError, match='repeated tip'):
        check_workspace(Workspace(speed=1.0, control_points=points), 'robot.yaml')
