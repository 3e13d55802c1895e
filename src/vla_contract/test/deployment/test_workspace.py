from dataclasses import replace

import pytest
from vla_contract.deployment.cell import load_cell
from vla_contract.deployment.geometry import check_geometry, ControlPoint, Geometry
from vla_contract.deployment.workspace import Box, check_workspace, Plane
from vla_contract.errors import ContractError, NameMismatchError, UnknownNameError

CELL = load_cell('panda_table')
WORKSPACE, POINTS = CELL.workspace, [point.name for point in CELL.geometry.control_points]


def test_the_panda_keeps_its_points_off_the_table():
    assert [plane.name for plane in WORKSPACE.planes] == ['table']
    assert 'finger_left' in POINTS


def test_a_zone_for_an_unknown_point_lists_those_that_exist():
    plane = Plane('floor', (0.0, 0.0, 0.0), (0.0, 0.0, 1.0), ('nose',))
    with pytest.raises(UnknownNameError, match='finger_left'):
        check_workspace(replace(WORKSPACE, planes=(plane,)), POINTS, 'cell.yaml')


def test_a_pair_with_an_unknown_capsule_is_refused():
    with pytest.raises(UnknownNameError, match='nose'):
        check_geometry(replace(CELL.geometry, self_collision=(('nose', 'base'),)), 'robot.yaml')


def test_an_empty_box_is_refused():
    box = Box('reach', (0.0, 0.0, 1.0), (1.0, 1.0, 1.0))
    with pytest.raises(ContractError, match='must be below upper'):
        check_workspace(replace(WORKSPACE, boxes=(box,)), POINTS, 'cell.yaml')


def test_a_plane_without_direction_is_refused():
    plane = Plane('floor', (0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    with pytest.raises(ContractError, match='normal is zero'):
        check_workspace(replace(WORKSPACE, planes=(plane,)), POINTS, 'cell.yaml')


def test_a_point_named_twice_is_refused():
    points = (ControlPoint('tip', 'base'), ControlPoint('tip', 'link6'))
    with pytest.raises(NameMismatchError, match='repeated tip'):
        check_geometry(Geometry(points), 'robot.yaml')
