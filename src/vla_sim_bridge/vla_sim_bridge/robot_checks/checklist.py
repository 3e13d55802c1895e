"""Every check of a robot's file that needs no graph, in the order in which they are fixed."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from vla_contract.check import Check, skipped, Status
from vla_contract.cli.terminal import print_check
from vla_contract.deployment.cell import Cell, load_cell
from vla_contract.deployment.robot import KIND, Robot
from vla_contract.errors import VlaError
from vla_contract.share import find_config
from vla_contract.whole_file import write_whole
from vla_sim_bridge.drafting.cell_file import cell_text
from vla_sim_bridge.drafting.tool_places import load_robot_file, tool_places
from vla_sim_bridge.robot_checks.holding import check_holding
from vla_sim_bridge.robot_checks.home import check_home
from vla_sim_bridge.robot_checks.kinematics_comparison import check_same_kinematics
from vla_sim_bridge.robot_checks.limits import check_limits
from vla_sim_bridge.robot_checks.shapes import check_shapes

_LOADS, _LOADED = 'loads', 'a robot without a contradiction, its model readable'


def check_robot_file(robot: str, cell: str = '', other: str = '') -> list[Check]:
    """Check a robot.

    Args:
        robot: name under config/robots, or path of a file.
        cell: name or path of a cell with this robot; '' for one drafted around it.
        other: another description of the same arm to compare with, '' for none.
    """
    try:
        path = find_config(KIND, robot)
        loaded = load_robot_file(path)
    except VlaError as error:
        return [Check(_LOADS, Status.FAIL, str(error), _LOADED, 'change the file')]
    found = [Check(_LOADS, Status.OK, f'{len(loaded.joints)} joints', _LOADED)]
    found += check_limits(loaded)
    if not loaded.model.is_given:
        why = 'the robot has no model'
        return [*found, skipped('home', why, 'a pose that keeps every distance', 'name a model')]
    found += check_shapes(loaded)
    with TemporaryDirectory() as folder:
        try:
            at = cell or _drafted_cell(path, loaded, Path(folder))
            found += check_home(load_cell(at))
            found += check_holding(at)
        except VlaError as error:
            found.append(Check('model', Status.FAIL, str(error), _LOADED, 'change the file'))
    if other:
        found += check_same_kinematics(loaded, other)
    return found


def checked_cell(robot: str, cell: str = '') -> Cell:
    """Return the cell of a robot: the one that is named, or one drafted around it.

    Raises:
        VlaError: the robot or the cell cannot be read.
    """
    if cell:
        return load_cell(cell)
    path = find_config(KIND, robot)
    with TemporaryDirectory() as folder:
        return load_cell(_drafted_cell(path, load_robot_file(path), Path(folder)))


def print_checks(checks: Iterable[Check]) -> None:
    """Print one line for each."""
    for check in checks:
        print_check(check)


def is_good(checks: Sequence[Check]) -> bool:
    """Whether nothing failed."""
    return all(check.status is not Status.FAIL for check in checks)


def _drafted_cell(path: Path, robot: Robot, folder: Path) -> str:
    file = folder / f'{robot.name}.yaml'
    write_whole(file, cell_text(robot.name, str(path.resolve()), robot, tool_places(robot)))
    return str(file)
