"""What a component of a policy file may say, given the joints that it is about."""

from vla_contract.deployment.cell import Cell
from vla_contract.deployment.robot import Joint
from vla_contract.errors import ContractError, NameMismatchError, UnknownNameError
from vla_contract.vectors.component import (
    Component,
    END_EFFECTOR_DELTA,
    JOINT_POSITION,
    LEAST,
    NumberMap,
)
from vla_contract.vectors.tool_checks import check_no_tool, check_tool_component

_TYPE_OF = {'rad': 'revolute', 'deg': 'revolute', 'm': 'prismatic', 'mm': 'prismatic'}


def check_component(component: Component, cell: Cell, where: str) -> None:
    """Refuse a component that contradicts itself or its joints.

    Args:
        component: with its joints.
        cell: which has them.
        where: the component stands, such as 'pick.yaml: state[0]'.

    Raises:
        ContractError: says what was found and what is allowed.
    """
    if component.is_of_tool:
        check_tool_component(component, cell, where)
        return
    check_no_tool(component, where)
    joints = _joints(component, cell, where)
    if component.quantity == END_EFFECTOR_DELTA:
        _require_nothing_else(component, where)
        return
    for name in ('sign', 'zero'):
        found = getattr(component, name)
        if len(found) not in (0, 1, len(joints)):
            raise ContractError(
                f'{where}.{name}: found {len(found)} numbers; allowed: one, or {len(joints)} for '
                f'{", ".join(component.joints)}'
            )
    if not set(component.sign) <= {1.0, -1.0}:
        raise ContractError(f'{where}.sign: found {list(component.sign)}; allowed: 1 or -1')
    if component.zero and component.quantity != JOINT_POSITION:
        raise ContractError(
            f'{where}.zero: found it with quantity {component.quantity}; allowed: with '
            f'{JOINT_POSITION}'
        )
    _check_unit(component, joints, where)
    if component.map is not None:
        _check_map(component.map, component, joints, cell, f'{where}.map')


def _joints(component: Component, cell: Cell, where: str) -> list[Joint]:
    for name in component.joints:
        if name not in cell.joint_names:
            raise UnknownNameError('joint', name, f'cell {cell.name} ({where})', cell.joint_names)
    if len(set(component.joints)) != len(component.joints):
        raise NameMismatchError(f'{where}.joints', set(component.joints), component.joints)
    return [cell.joints[cell.joint_names.index(name)] for name in component.joints]


def _require_nothing_else(component: Component, where: str) -> None:
    own = Component(END_EFFECTOR_DELTA, component.joints, component.end_effector)
    if component != own:
        raise ContractError(
            f'{where}: found unit, scale, map, sign or zero with {END_EFFECTOR_DELTA}; allowed: '
            'end_effector, which says what its numbers mean'
        )


def _check_unit(component: Component, joints: list[Joint], where: str) -> None:
    wanted = _TYPE_OF.get(component.unit)
    for joint in joints:
        if wanted not in (None, joint.type):
            allowed = ', '.join(unit for unit, kind in _TYPE_OF.items() if kind == joint.type)
            raise ContractError(
                f'{where}.unit: found {component.unit} for {joint.name}, which is {joint.type}; '
                f'allowed: {allowed}'
            )
    if component.map is not None and (component.unit or component.scale != 1.0):
        raise ContractError(f'{where}: found unit or scale beside map; allowed: one of them')


def _check_map(
    numbers: NumberMap, component: Component, joints: list[Joint], cell: Cell, where: str
) -> None:
    pairs = ((numbers.lower, numbers.upper), (numbers.closed, numbers.open))
    said = [(first, second) for first, second in pairs if (first, second) != (None, None)]
    one, other = said[0] if said else (None, None)
    if len(said) != 1 or one is None or other is None:
        raise ContractError(
            f'{where}: found {_said(numbers)}; allowed: lower and upper, or closed and open'
        )
    if abs(one - other) < LEAST:
        raise ContractError(
            f'{where}: found {one:g} and {other:g}; allowed: two different numbers'
        )
    grippers = {cell.joint_names[i] for i in cell.grippers}
    if numbers.closed is not None and not set(component.joints) <= grippers:
        found = ', '.join(name for name in component.joints if name not in grippers)
        raise ContractError(
            f'{where}: found closed and open for {found}; allowed: for joints of a gripper '
            f'({", ".join(sorted(grippers)) or "none"}), lower and upper for others'
        )
    if numbers.range is None:
        if component.sign or component.zero:
            raise ContractError(
                f"{where}: found sign or zero with the robot's own limits; allowed: exchanged "
                'numbers, or a range of its own'
            )
    elif abs(numbers.range[0] - numbers.range[1]) < LEAST:
        raise ContractError(
            f'{where}.range: found {list(numbers.range)}; allowed: two different positions'
        )


def _said(numbers: NumberMap) -> str:
    names = ('lower', 'upper', 'closed', 'open')
    return ', '.join(name for name in names if getattr(numbers, name) is not None) or 'nothing'
