"""What state and action of a policy file may hold together, given the cell."""

from collections.abc import Sequence

from vla_contract.deployment.cell import Cell
from vla_contract.errors import ContractError, NameMismatchError
from vla_contract.vectors.component import (
    Component,
    END_EFFECTOR_DELTA,
    has_tools,
    JOINT_POSITION,
    TOOL_POSE,
)
from vla_contract.vectors.component_checks import check_component

Components = tuple[Component, ...]


def check_vectors(state: Components, action: Components, cell: Cell, where: str) -> None:
    """Refuse vectors that contradict themselves or the cell.

    Args:
        state: components with their joints or their tool.
        action: likewise.
        cell: whose joints and tools they are.
        where: the file, for errors.

    Raises:
        ContractError: says what was found and what is allowed.
    """
    _check_end_effector(action, where)
    _check_components(state, action, cell, where, of_tools=True)
    if not has_tools(state):  # else joints may be missing, or stand there again
        _require_joints('state', state, cell.joint_names, where)
    _require_joints('action', action, _acting(action, cell, where), where)
    for component in state:
        if component.quantity not in (JOINT_POSITION, TOOL_POSE):
            raise ContractError(
                f'{where}: state: found {component.quantity}; allowed: {JOINT_POSITION}, '
                f'{TOOL_POSE}'
            )
    _check_components(state, action, cell, where, of_tools=False)


def _check_components(
    state: Components, action: Components, cell: Cell, where: str, of_tools: bool
) -> None:
    for key, components in (('state', state), ('action', action)):
        for index, component in enumerate(components):
            if component.is_of_tool == of_tools:
                check_component(component, cell, f'{where}: {key}[{index}]')


def _require_joints(key: str, components: Components, allowed: Sequence[str], where: str) -> None:
    names = [name for component in components for name in component.joints]
    if sorted(names) != sorted(allowed):
        raise NameMismatchError(f'{where}: joints of {key}', allowed, names)


def _acting(action: Components, cell: Cell, where: str) -> list[str]:
    """Return the joints that no tool of an action moves.

    Raises:
        ContractError: two tools move one joint.
    """
    moved = [
        cell.joint_names[index]
        for component in action
        if component.is_of_tool
        for index in cell.robot.arm_of(cell.robot.tool_named(component.tool))
    ]
    for name in moved:
        if moved.count(name) > 1:
            raise ContractError(
                f'{where}: action: found two tools that move {name}; allowed: one for each arm'
            )
    return [name for name in cell.joint_names if name not in moved]


def _check_end_effector(action: Components, where: str) -> None:
    if len(action) > 1 and any(c.quantity == END_EFFECTOR_DELTA for c in action):
        raise ContractError(
            f'{where}: action: found {END_EFFECTOR_DELTA} beside another; allowed: that alone'
        )
    for component in action:
        delta = component.end_effector
        if (delta is not None) != (component.quantity == END_EFFECTOR_DELTA):
            found = 'nothing' if delta is None else 'a section'
            raise ContractError(
                f'{where}: action.end_effector: found {found} with quantity '
                f'{component.quantity}; allowed: a section with {END_EFFECTOR_DELTA}, nothing '
                'with others'
            )
        if delta is not None and delta.gripper_open == delta.gripper_closed:
            raise ContractError(
                f'{where}: action.end_effector: gripper_open and gripper_closed are both '
                f'{delta.gripper_open:g}; allowed: two different numbers'
            )
