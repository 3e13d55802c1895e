"""What a component of a policy file may say of a tool, given the cell that has it."""

from dataclasses import fields, replace

from vla_contract.deployment.cell import Cell
from vla_contract.errors import ContractError
from vla_contract.vectors.component import Component, TOOL_DELTA, TOOL_POSE
from vla_contract.vectors.rotations import ROTATIONS

_LENGTHS = ('', 'm', 'mm')
_FRAMES = {TOOL_POSE: ('', 'base', 'world'), TOOL_DELTA: ('', 'base', 'world', 'tool')}
# Of components that speak of a tool alone.
_OWN = ('tool', 'rotation', 'rotation_scale', 'frame', 'origin', 'point', 'near_rpy_deg')
_BOTH = ('quantity', 'unit', 'scale')
_OF_POSE = ('origin', 'near_rpy_deg')
# A move of nearly a whole turn is none that a step makes, so that these two say all moves.
_OF_MOVES = tuple(name for name, rotation in ROTATIONS.items() if rotation.is_angle)


def check_no_tool(component: Component, where: str) -> None:
    """Refuse words about a tool in a component of joints.

    Raises:
        ContractError: names the word.
    """
    plain = Component()
    for name in _OWN:
        if getattr(component, name) != getattr(plain, name):
            raise ContractError(
                f'{where}.{name}: found it with quantity {component.quantity}; allowed: with '
                f'{TOOL_POSE} or {TOOL_DELTA}'
            )


def check_tool_component(component: Component, cell: Cell, where: str) -> None:
    """Refuse a component of a tool that contradicts itself or its cell.

    Args:
        component: with its tool, where the cell has one only.
        cell: which has the tools.
        where: the component stands, such as 'pick.yaml: state[0]'.

    Raises:
        ContractError: says what was found and what is allowed.
    """
    quantity = component.quantity
    _require_model(component, cell, where)
    _require_nothing_of_joints(component, where)
    rotations = tuple(ROTATIONS) if quantity == TOOL_POSE else _OF_MOVES
    for name, allowed in (
        ('rotation', rotations),
        ('frame', _FRAMES[quantity]),
        ('unit', _LENGTHS),
    ):
        if getattr(component, name) not in allowed:
            raise ContractError(
                f'{where}.{name}: found {getattr(component, name) or "nothing"} with {quantity}; '
                f'allowed: {", ".join(word for word in allowed if word)}'
            )
    if component.rotation_scale != 1.0 and not ROTATIONS[component.rotation].is_angle:
        raise ContractError(
            f'{where}.rotation_scale: found {component.rotation_scale:g} with '
            f'{component.rotation}; allowed: with {", ".join(_OF_MOVES)}'
        )
    for name in _OF_POSE:
        if quantity != TOOL_POSE and getattr(component, name) is not None:
            raise ContractError(
                f'{where}.{name}: found it with {quantity}; allowed: with {TOOL_POSE}'
            )


def _require_model(component: Component, cell: Cell, where: str) -> None:
    """Refuse a tool that there is not, or of which no model says where it is."""
    robot = cell.robot
    known = ', '.join(tool.name for tool in robot.tools) or 'none'
    if component.tool not in [tool.name for tool in robot.tools]:
        raise ContractError(
            f'{where}.tool: found {component.tool or "nothing"}; allowed: {known} '
            f'(tools of {robot.name})'
        )
    if not robot.model.is_given:
        raise ContractError(
            f'{where}: found {component.quantity} and no model of {robot.name}; allowed: a robot '
            'whose file has a model'
        )


def _require_nothing_of_joints(component: Component, where: str) -> None:
    own = {name: getattr(component, name) for name in (*_OWN, *_BOTH)}
    if component == replace(Component(), **own):
        return
    plain = Component()
    found = next(
        field.name
        for field in fields(Component)
        if field.name not in own and getattr(component, field.name) != getattr(plain, field.name)
    )
    raise ContractError(
        f'{where}.{found}: found it with {component.quantity}; allowed: '
        f'{", ".join((*_OWN, *_BOTH[1:]))}'
    )
