"""The cell whose joints a checkpoint's numbers are: named, of a robot alone, or found by names."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from vla_contract.deployment.cell import Camera, Cell, Deadlines, load_cell
from vla_contract.deployment.cell import KIND as CELLS
from vla_contract.deployment.placing import PlacedRobot
from vla_contract.deployment.robot import build_robot
from vla_contract.deployment.robot import KIND as ROBOTS
from vla_contract.deployment.workspace import Workspace
from vla_contract.errors import VlaError
from vla_contract.schema import load_yaml
from vla_contract.share import config_names, find_config
from vla_lerobot.drafting.joints import joints_of
from vla_lerobot.drafting.numbers import Numbers


@dataclass(frozen=True)
class Place:
    """Joints, and cameras where they are known.

    Attributes:
        cell: with the joints.
        cameras: of the cell, None where only the robot is known.
        words: what it is.
        is_guess: whether it was found by names alone.
    """

    cell: Cell
    cameras: tuple[Camera, ...] | None
    words: str
    is_guess: bool = False


def find_place(robot: str, cell: str, numbers: Numbers, hints: str) -> Place:
    """Return where the policy is to run.

    Args:
        robot: name or path of a robot, '' for none.
        cell: name or path of a cell, '' for none.
        numbers: of the action, whose names lead to a cell where neither is given.
        hints: names by which robot and data go.

    Raises:
        VlaError: what is named cannot be read, or nothing is named and no cell has these joints.
    """
    if cell:
        found = load_cell(cell)
        return Place(found, found.cameras, f'cell {found.name}')
    if robot:
        path = find_config(ROBOTS, robot)
        alone = robot_alone(PlacedRobot(build_robot(load_yaml(path), path)))
        return Place(alone, None, f'robot {alone.name}')
    known = list(_readable_cells())
    fitting = [own for own in known if numbers.names and not joints_of(numbers, own).is_guess] or [
        own for own in known if own.robot.name.lower() in hints.split()
    ]
    if len(fitting) != 1:
        names = ', '.join(numbers.names or ()) or f'{numbers.width} numbers without names'
        raise VlaError(
            f'joints of the action: found {names}, which are those of '
            f'{len(fitting) or "no"} cells under config/cells; allowed: --robot or --cell, which '
            'says whose they are'
        )
    return Place(fitting[0], fitting[0].cameras, f'cell {fitting[0].name}', True)


def _readable_cells() -> Iterator[Cell]:
    """Yield the cells under config/cells; one that is not finished is nobody's."""
    for name in config_names(CELLS):
        with suppress(VlaError):
            yield load_cell(name)


def robot_alone(placed: PlacedRobot) -> Cell:
    """Return a cell with nothing but a robot, for what only asks for its joints."""
    return Cell(
        schema=1,
        name=placed.robot.name,
        robots=(placed,),
        cameras=(),
        workspace=Workspace(speed=1.0),
        deadlines=Deadlines(image_age_s=1.0, joint_state_age_s=1.0, chunk_age_s=1.0),
    )
