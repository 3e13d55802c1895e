"""Whether the filter would let the arm stand at home: walls of the cell, distances of links."""

import numpy as np
from vla_contract.check import Check, measured
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.workspace import walls_of
from vla_contract.kinematics.workspace_kinematics import WorkspaceKinematics
from vla_contract.values import Vector

_MOVE = "move home in the robot's file, or the wall in the cell's"
# What rounding of a file may cost [m].
_ROUNDING_M = 1e-4


def check_home(cell: Cell) -> list[Check]:
    """Return whether home keeps every distance of the cell.

    Raises:
        ContractError, ResourceNotFoundError: the model cannot be read.
    """
    kinematics = WorkspaceKinematics(cell)
    arm = cell.home[list(cell.arm)]
    kinematics.update(arm)
    return [_walls(cell, kinematics.positions(arm)), _links(cell, kinematics)]


def _walls(cell: Cell, points: Vector) -> Check:
    walls = walls_of(cell.workspace, cell.geometry.control_points)
    allowed = 'every control point inside the boxes and above the planes'
    rooms = [float(wall.normal @ points[wall.point]) - wall.offset for wall in walls]
    if not rooms:
        return measured('home and workspace', True, 'no wall', allowed, '')
    k = int(np.argmin(rooms))
    text = f'{walls[k].name} has {1e3 * rooms[k]:.0f} mm to spare'
    return measured('home and workspace', rooms[k] > -_ROUNDING_M, text, allowed, _MOVE)


def _links(cell: Cell, kinematics: WorkspaceKinematics) -> Check:
    clearance = cell.workspace.clearance
    allowed = f'{1e3 * clearance:.0f} mm or more between the links of each pair'
    distances = kinematics.distances()
    if not distances:
        return measured('home and links', True, 'no pair', allowed, '')
    k = int(np.argmin(distances))
    pair = ' and '.join(cell.geometry.self_collision[k])
    text = f'{pair} are {1e3 * distances[k]:.0f} mm apart'
    is_good = distances[k] >= clearance - _ROUNDING_M
    fix = 'move home, or make the capsules smaller: --picture draws them'
    return measured('home and links', is_good, text, allowed, fix)
