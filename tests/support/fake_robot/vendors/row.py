"""What came of one robot behind the channels of its maker."""

from dataclasses import dataclass

from support.fake_robot.vendors.motors import Worst
from vla_contract.deployment.cell import Cell


@dataclass(frozen=True)
class Row:
    """What came of a robot.

    Args:
        robot: its name.
        channels: kind and controller of each.
        checklist: items that hold, of all.
        open_items: those that do not.
        lifted: episodes in which the object was lifted, of all.
        ended: how each of the episodes ended.
        refused: messages and goals that a controller refused or complained of.
        accepted: those that it took.
        said: what controllers said.
        worst: at the motors.
        stops: verdicts worse than a clamp in the hold.
    """

    robot: str
    channels: tuple[str, ...]
    checklist: tuple[int, int]
    open_items: tuple[str, ...]
    lifted: int
    ended: tuple[str, ...]
    refused: int
    accepted: int
    said: tuple[str, ...]
    worst: Worst
    stops: tuple[str, ...]


def channel_names(cell: Cell) -> tuple[str, ...]:
    """Return kind and controller of every channel of a cell."""
    return tuple(f'{c.kind} {c.controller}' for c in cell.channels) or ('lerobot',)
