"""State and action of a policy file, component by component, with what is known of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.vectors.component import JOINT_POSITION
from vla_contract.vectors.scale import joint_scales
from vla_lerobot.drafting.dataset_facts import Rows
from vla_lerobot.drafting.joints import Joints, joints_of, MISSING
from vla_lerobot.drafting.numbers import Numbers
from vla_lerobot.drafting.quantities import Quantity, quantity_of, top_speeds
from vla_lerobot.drafting.readings import Reading
from vla_lerobot.drafting.units import Proposal, propose, recorded_reading

_UNKNOWN = Reading('not known', {'unit': MISSING})
_NO_RANGES = 'guess: no statistics say where the numbers lie'


@dataclass(frozen=True)
class Part:
    """Consecutive numbers of one meaning.

    Attributes:
        quantity: of the component.
        said: what else the component says.
        joints: with, for each, the words about its numbers.
        remarks: about all of it; those that begin with 'guess' are not recorded anywhere.
    """

    quantity: str
    said: dict[str, Any]
    joints: tuple[tuple[str, str], ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class DraftedVector:
    """A vector of the policy file.

    Attributes:
        parts: in the order of the numbers.
        remark: which joints they are, and who says so.
    """

    parts: tuple[Part, ...]
    remark: str


def draft_vectors(
    state: Numbers, action: Numbers, cell: Cell, hints: str, rate_hz: float, rows: Rows | None
) -> tuple[DraftedVector, DraftedVector]:
    """Propose what the numbers of state and action mean.

    Args:
        state: of observation.state.
        action: of the action.
        cell: whose joints they are.
        hints: names by which robot and data go.
        rate_hz: of the policy [Hz].
        rows: frames of the dataset, None without one.
    """
    of_state, of_action = joints_of(state, cell, is_state=True), joints_of(action, cell)
    units = _units([(of_state, state)], cell, hints)
    quantity = _quantity(state, action, of_state, of_action, units, rate_hz, rows, cell)
    is_position = quantity.name == JOINT_POSITION
    sources = [(of_state, state), (of_action, action)] if is_position else [(of_state, state)]
    units = _units(sources, cell, hints)
    plain = Quantity()
    return (
        _vector(of_state, state, units, plain, cell),
        _vector(of_action, action, units, quantity, cell),
    )


def _units(
    sources: Sequence[tuple[Joints, Numbers]], cell: Cell, hints: str
) -> dict[str, Proposal]:
    """Return what is proposed for each joint; state and action of one joint have one unit."""
    recorded: dict[str, Proposal] = {}
    spans: dict[str, tuple[float, float]] = {}
    for joints, numbers in sources:
        for i, name in enumerate(joints.names):
            if name == MISSING:
                continue
            reading = recorded_reading(numbers.units[i]) if numbers.units else None
            if reading is not None:
                recorded[name] = Proposal(reading, is_recorded=True)
            elif numbers.low is not None and numbers.high is not None:
                low, high = spans.get(name, (np.inf, -np.inf))
                spans[name] = (min(low, numbers.low[i]), max(high, numbers.high[i]))
    return {**propose(spans, cell, hints), **recorded}


def _quantity(
    state: Numbers, action: Numbers, of_state: Joints, of_action: Joints,
    units: dict[str, Proposal], rate_hz: float, rows: Rows | None, cell: Cell,
) -> Quantity:  # fmt: skip
    grippers = {cell.joint_names[i] for i in cell.grippers}
    names = of_action.names
    arm = [i for i, name in enumerate(names) if name not in grippers and name != MISSING]
    if of_state.names != names or not arm:
        return Quantity()
    joints = [names[i] for i in arm]
    sizes = np.array([_size(name, units.get(name), cell) for name in joints])
    speeds = top_speeds(joints, sizes, cell)
    return quantity_of(state, action, arm, of_action.kinds, rate_hz, speeds, rows)


def _size(joint: str, proposal: Proposal | None, cell: Cell) -> float:
    if proposal is None or proposal.reading is None:
        return 1.0
    component = proposal.reading.component(joint)
    return abs(joint_scales((component,), cell)[joint].factor)


def _vector(
    joints: Joints, numbers: Numbers, units: dict[str, Proposal], quantity: Quantity, cell: Cell
) -> DraftedVector:
    grippers = {cell.joint_names[i] for i in cell.grippers}
    parts: list[Part] = []
    for i, name in enumerate(joints.names):
        is_arm = name not in grippers
        own = quantity if is_arm else Quantity()
        said, remarks = (
            ({}, ('which joints?',)) if name == MISSING else _meaning(units.get(name), own)
        )
        recorded = joints.recorded[i]
        line = (name, _span(numbers, i, '' if recorded == name else recorded))
        last = parts[-1] if parts else None
        if last and (last.quantity, last.said, last.remarks) == (own.name, said, remarks):
            parts[-1] = Part(own.name, said, (*last.joints, line), remarks)
        else:
            parts.append(Part(own.name, said, (line,), remarks))
    return DraftedVector(tuple(parts), joints.remark)


def _meaning(
    proposal: Proposal | None, quantity: Quantity
) -> tuple[dict[str, Any], tuple[str, ...]]:
    if proposal is None:
        words, said = _NO_RANGES, {}
    else:
        words, said = proposal.words, dict((proposal.reading or _UNKNOWN).said)
    if quantity.scale != 1.0 and 'map' not in said:
        said['scale'] = quantity.scale
    return said, tuple(remark for remark in (quantity.remark, words) if remark)


def _span(numbers: Numbers, index: int, recorded: str) -> str:
    name = f', recorded as {recorded}' if recorded else ''
    if numbers.low is None or numbers.high is None:
        return f'not known{name}'
    return f'{numbers.low[index]:.6g} to {numbers.high[index]:.6g}{numbers.how}{name}'
