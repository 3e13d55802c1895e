"""The arm of a cell as a pinocchio model, in its base frame."""

from tempfile import NamedTemporaryFile
from typing import Any
from xml.etree import ElementTree

import pinocchio
from vla_contract.deployment.cell import Cell
from vla_contract.errors import ContractError, UnknownNameError
from vla_contract.kinematics.mjcf import read_robot


def load_arm_model(cell: Cell) -> Any:
    """Read the cell's MJCF and lock every joint that is not the arm's.

    Fingers and other joints that the arm does not command stay where the model has them.
    Everything is placed in the base frame.

    Raises:
        ResourceNotFoundError: the model's package or file is missing.
        ContractError: pinocchio cannot read the file, or it lacks a joint or the base.
    """
    full = _read(cell)
    joints = [cell.joints[i].model_joint for i in cell.arm]
    for joint in joints:
        if not full.existJointName(joint):
            raise UnknownNameError('joint', joint, f'the model of {cell.name}', full.names)
    others = [full.getJointId(name) for name in list(full.names)[1:] if name not in joints]
    model = pinocchio.buildReducedModel(full, others, pinocchio.neutral(full))
    _move_origin_to_base(model, cell.robot.model.base_body)
    return model


def arm_order(model: Any, cell: Cell) -> list[int]:
    """Return where the model keeps the cell's arm joints, in the cell's order."""
    names = (cell.joints[i].model_joint for i in cell.arm)
    return [int(model.idx_vs[model.getJointId(name)]) for name in names]


def body_frame(model: Any, body: str) -> int:
    """Return the index of a body's frame.

    Contracts name bodies, since pinocchio 4.1.0 puts sites with a default class in a wrong place.

    Raises:
        UnknownNameError: the model has no such body; lists those it has.
    """
    bodies = {f.name: i for i, f in enumerate(model.frames) if f.type == pinocchio.BODY}
    if body not in bodies:
        raise UnknownNameError('body', body, 'the model', bodies)
    return bodies[body]


def _read(cell: Cell) -> Any:
    robot = ElementTree.tostring(read_robot(cell.robot.model), encoding='unicode')
    with NamedTemporaryFile('w', suffix='.xml') as file:
        file.write(robot)
        file.flush()
        try:
            return pinocchio.buildModelFromMJCF(file.name)
        except (RuntimeError, ValueError) as error:
            raise ContractError(
                f'{cell.robot.model.mjcf}: pinocchio cannot read the model: {error}'
            ) from error


def _move_origin_to_base(model: Any, base_body: str) -> None:
    base = model.frames[body_frame(model, base_body)]
    if base.parentJoint != 0:
        raise ContractError(f'base_body {base_body} moves; allowed: a body fixed to the world')
    to_base = base.placement.inverse()
    for frame in model.frames:
        if frame.parentJoint == 0:
            frame.placement = to_base * frame.placement
    for joint, parent in enumerate(model.parents):
        if joint > 0 and parent == 0:
            model.jointPlacements[joint] = to_base * model.jointPlacements[joint]
