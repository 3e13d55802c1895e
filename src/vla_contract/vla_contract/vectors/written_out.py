"""State and action of a policy file, with presets, calibrations and joints written out."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from vla_contract.deployment.cell import Cell
from vla_contract.errors import ContractError
from vla_contract.vectors.component import Component
from vla_contract.vectors.motor_calibration import with_ranges
from vla_contract.vectors.presets import (
    action_of,
    ACTION_PRESETS,
    FILE_PRESETS,
    state_of,
    TOOL_PRESETS,
)

Components = tuple[Component, ...]
Convention = Callable[[str, tuple[str, ...], Cell], Components]
_NOTHING_SAID = (Component(),)


def written_out(
    preset: str, vectors: tuple[Components, Components], cell: Cell, folder: Path, where: str
) -> tuple[Components, Components]:
    """Return state and action of a policy file that say what presets and calibrations say.

    So a preset and the same written by hand have one meaning and one hash, and the file beside a
    checkpoint does not change when a calibration does.

    Args:
        preset: of the file, '' for none.
        vectors: state and action as read.
        cell: whose joints they are.
        folder: from which paths of calibrations count.
        where: the file, for errors.

    Raises:
        ContractError: a preset is unknown or stands beside what it says itself, or a calibration
            cannot be used.
        ResourceNotFoundError: a calibration does not exist.
    """
    state, action = vectors
    if preset:
        _require_file_preset(preset, vectors, where)
        own = (Component(preset=preset),)
        state = own if state == _NOTHING_SAID else state
        action = own if action == _NOTHING_SAID else action
    states, actions = (
        tuple(one for component in with_joints(said, cell) for one in expand(component))
        for said, expand in (
            (state, partial(_expanded, state_of, cell, where)),
            (action, partial(_expanded, action_of, cell, where)),
        )
    )
    return (
        with_ranges(states, folder, f'{where}: state'),
        with_ranges(actions, folder, f'{where}: action'),
    )


def with_joints(components: Components, cell: Cell) -> Components:
    """Return components that name their joints or their tool.

    Those without joints get all of the cell, those without tool the only one.
    """
    return tuple(_named(component, cell) for component in components)


def _named(component: Component, cell: Cell) -> Component:
    if component.is_of_tool:
        only = cell.robot.tools[0].name if len(cell.robot.tools) == 1 else ''
        frame = component.frame or 'base'
        return replace(component, tool=component.tool or only, frame=frame)
    return component if component.joints else replace(component, joints=cell.joint_names)


def _expanded(convention: Convention, cell: Cell, where: str, component: Component) -> Components:
    if not component.preset:
        return (component,)
    if component != Component(joints=component.joints, preset=component.preset):
        raise ContractError(
            f'{where}: preset {component.preset}: found more beside it; allowed: joints alone, or '
            'the same written out without preset'
        )
    return convention(component.preset, component.joints, cell)


def _require_file_preset(preset: str, vectors: tuple[Components, Components], where: str) -> None:
    if _NOTHING_SAID not in vectors:
        raise ContractError(
            f'{where}: preset: found {preset} beside state and action; allowed: one of them at '
            'most'
        )
    if preset in ACTION_PRESETS:
        raise ContractError(
            f'{where}: preset: found {preset}, which says what an action means; allowed: '
            f'action: [{{preset: {preset}}}], and for the whole file '
            f'{", ".join((*FILE_PRESETS, *TOOL_PRESETS))}'
        )
