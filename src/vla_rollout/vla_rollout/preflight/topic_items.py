"""How often each topic of a cell has to come, and how old its stamps may be."""

from vla_contract.deployment.cell import Cell
from vla_contract.deployment.joint_sources import JointSource

# Less is a driver that loses messages, or another setting than the file says.
_OF_STATED = 0.8
# Of a gripper's driver nothing is stated but the deadline, which is three periods or more.
_PERIODS = 3.0


def least_rates(cell: Cell) -> dict[str, float]:
    """Return the lowest rate of every topic of joints and images [Hz].

    A driver of fingers alone publishes 10 to 100 times a second whatever the arm does: as often
    as its deadline wants is enough.
    """
    stated_hz = cell.rates.joint_states_hz
    rates = {
        source.topic: _PERIODS / cell.deadlines.gripper_state_age_s
        if _has_fingers_alone(cell, source)
        else _OF_STATED * stated_hz
        for source in cell.joint_sources
    }
    return rates | {camera.image_topic: _OF_STATED * camera.rate_hz for camera in cell.cameras}


def oldest_stamps(cell: Cell) -> dict[str, float]:
    """Return how old the stamps of every topic may be when it arrives [s]."""
    deadlines = cell.deadlines
    ages = {
        source.topic: deadlines.gripper_state_age_s
        if _has_fingers_alone(cell, source)
        else deadlines.joint_state_age_s
        for source in cell.joint_sources
    }
    return ages | {camera.image_topic: deadlines.image_age_s for camera in cell.cameras}


def _has_fingers_alone(cell: Cell, source: JointSource) -> bool:
    grippers = {cell.joint_names[i] for i in cell.grippers}
    return bool(source.joints) and set(source.joints) <= grippers
