"""What a robot of ours says beside its observation; openpi's clients say nothing of it."""

from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

import numpy as np
from vla_contract.values import CommittedPlan
from vla_policy_server.wire.errors import MessageRefusedError

PROTOCOL = 'vla_deploy/1'
"""What a server that understands these terms calls itself in its metadata."""

TAKES_INSTRUCTION = 'takes_instruction'
"""Key in a server's metadata that says whether its policy is told the task; it may be left out."""

CAN_CONTINUE = 'can_continue'
"""Key in a worker's metadata that says whether its policy continues a plan."""

KEY, PLAN = 'request', 'plan'
_POSITIONS, _DELAY_STEPS = 'positions', 'delay_steps'
_LONGEST_PLAN = 1000


@dataclass(frozen=True)
class Request:
    """The terms of one request.

    Attributes:
        id: number that the answer repeats.
        stamp_ns: capture time of the observation, by the robot's clock [ns].
        patience_s: time after which the robot no longer waits [s].
        starts_episode: whether what was before is to be forgotten.
    """

    id: int = 0
    stamp_ns: int = 0
    patience_s: float = 60.0
    starts_episode: bool = False

    def write(self, message: dict[str, Any]) -> dict[str, Any]:
        """Return a message with these terms."""
        return {**message, KEY: asdict(self)}


def read_request(message: dict[str, Any], received_ns: int) -> Request:
    """Return the terms in a message; without any, those of openpi's clients.

    Raises:
        MessageRefusedError: a term is unknown or of another type.
    """
    terms = message.get(KEY)
    if terms is None:
        return Request(stamp_ns=received_ns)
    allowed = 'allowed: id, stamp_ns, patience_s, starts_episode'
    if not isinstance(terms, dict):
        raise MessageRefusedError(f'{KEY}: found {type(terms).__name__}; {allowed}')
    types = {'id': int, 'stamp_ns': int, 'patience_s': float, 'starts_episode': bool}
    for name, value in terms.items():
        if type(value) is not types.get(name):
            raise MessageRefusedError(f'{KEY}: found {name!r:.40} = {value!r:.40}; {allowed}')
    request = Request(**{'stamp_ns': received_ns, **terms})
    if not (isfinite(request.patience_s) and 0.0 <= request.patience_s <= 3600.0):
        raise MessageRefusedError(f'{KEY}: patience_s is {request.patience_s}; allowed: 0 to 3600')
    return request


def write_plan(message: dict[str, Any], plan: CommittedPlan | None) -> dict[str, Any]:
    """Return a message with what the arm does while the policy thinks.

    Joints are in the order of the cell, which is the same on both sides, in rad and m.
    """
    if plan is None:
        return message
    said = {_POSITIONS: plan.positions, _DELAY_STEPS: plan.delay_steps}
    return {**message, PLAN: said}


def read_plan(message: dict[str, Any], width: int) -> CommittedPlan | None:
    """Return the plan in a message, None without one.

    Args:
        message: of an observation.
        width: joints of the cell.

    Raises:
        MessageRefusedError: it has another shape, or is not finite.
    """
    said = message.get(PLAN)
    if said is None:
        return None
    match said:
        case {'positions': np.ndarray() as positions, 'delay_steps': int(delay_steps)}:
            is_plan = positions.ndim == 2 and 0 < len(positions) <= _LONGEST_PLAN
            is_number = positions.dtype.kind == 'f' and bool(np.isfinite(positions).all())
            if is_plan and positions.shape[1] == width and is_number and delay_steps >= 0:
                return CommittedPlan(positions.astype(np.float64), delay_steps)
    raise MessageRefusedError(
        f'{PLAN}: found something else; allowed: {_POSITIONS}, finite, of 1 to {_LONGEST_PLAN} '
        f'steps of {width} joints, and {_DELAY_STEPS}, a number'
    )
