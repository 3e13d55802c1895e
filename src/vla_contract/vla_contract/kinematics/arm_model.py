"""The arm of a cell as a pinocchio model, in its base frame."""

from typing import Any

import pinocchio
from vla_contract.deployment.cell import Cell
from vla_contract.description.arm import arm_model, base_pose
from vla_contract.errors import UnknownNameError
from vla_contract.kinematics.tree import pinocchio_tree


def load_arm_model(cell: Cell) -> Any:
    """Read the cell's robot; joints that are not the arm's stay where the model has them.

    Everything is placed in the base frame.

    Raises:
        ResourceNotFoundError: the model's package or file is missing.
        ContractError: MuJoCo cannot read the file, or it lacks a joint or the base.
    """
    model = arm_model(cell)
    return pinocchio_tree(model, base_pose(model, cell))


def arm_order(model: Any, cell: Cell) -> list[int]:
    """Return where the model keeps the cell's arm joints, in the cell's order."""
    names = (cell.joints[i].model_joint for i in cell.arm)
    return [int(model.idx_vs[model.getJointId(name)]) for name in names]


def body_frame(model: Any, body: str) -> int:
    """Return the index of a body's frame.

    Raises:
        UnknownNameError: the model has no such body; lists those it has.
    """
    return _frame(model, body, 'body', pinocchio.BODY)


def site_frame(model: Any, site: str) -> int:
    """Return the index of a site's frame.

    Raises:
        UnknownNameError: the model has no such site; lists those it has.
    """
    return _frame(model, site, 'site', pinocchio.OP_FRAME)


def _frame(model: Any, name: str, what: str, kind: Any) -> int:
    known = {frame.name: i for i, frame in enumerate(model.frames) if frame.type == kind}
    if name not in known:
        raise UnknownNameError(what, name, 'the model', known)
    return known[name]
