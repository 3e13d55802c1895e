"""Whether what a server says of its actions is what the policy file says; names are mapped."""

from collections.abc import Sequence
from math import isclose

from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import NameMismatchError, PolicyError
from vla_contract.vectors.component import (
    END_EFFECTOR_DELTA,
    JOINT_POSITION,
    JOINT_VELOCITY,
    QUANTITIES,
    TOOL_DELTA,
    TOOL_POSE,
)
from vla_contract.vectors.vector_codec import VectorCodec
from vla_policy_server.wire.stated.facts import StatedFacts

# How large a cartesian velocity of 1.0 is stands in the policy file.
QUANTITIES_OF = {
    'joint_position': (JOINT_POSITION,),
    'joint_velocity': (JOINT_VELOCITY,),
    'cartesian_position': (TOOL_POSE,),
    'cartesian_velocity': (TOOL_DELTA, END_EFFECTOR_DELTA),
    **{quantity: (quantity,) for quantity in QUANTITIES},
}
"""Quantities of a policy file's action that fit the action space of a server: the four of
RoboArena's PolicyServerConfig, and the quantities by their own names."""

_JOINT_SUFFIXES = ('.pos', '.vel')
_TOOL_MOVES = (
    ('x', 'y', 'z', 'roll', 'pitch', 'yaw', 'gripper'),
    ('x', 'y', 'z', 'rx', 'ry', 'rz', 'gripper'),
)
_RATE_TOLERANCE = 1e-6  # of a rate that went through float32


def require_agreement(deployment: Deployment, facts: StatedFacts, url: str) -> None:
    """Refuse a server whose actions are something else, or are meant for another rate.

    Raises:
        PolicyError: they are.
    """
    policy = deployment.policy
    if facts.action_space:
        fits = QUANTITIES_OF.get(facts.action_space, ())
        if not fits:
            raise PolicyError(
                f'{url}: action_space: found {facts.action_space}; allowed: '
                f'{", ".join(QUANTITIES_OF)}'
            )
        if policy.action_kind not in fits:
            raise PolicyError(
                f'{url}: action_space: found {facts.action_space}; policy {policy.name} has '
                f'{policy.action_kind}: its action must have the quantity '
                f'{" or ".join(fits)}'
            )
    if facts.rate_hz is not None and not isclose(
        facts.rate_hz, policy.rate_hz, rel_tol=_RATE_TOLERANCE
    ):
        raise PolicyError(
            f'{url}: fps: found {facts.rate_hz:g}; policy {policy.name} has {policy.rate_hz:g}: '
            f'set its rate_hz to {facts.rate_hz:g}'
        )


def action_order(deployment: Deployment, names: tuple[str, ...], url: str) -> list[int] | None:
    """Return where each number of the policy's action stands in a server's, None for its place.

    Args:
        deployment: whose policy.
        names: what the server says of each number; joints may end in '.pos' or '.vel', moves of
            the tool begin with 'delta_'.
        url: the server, for errors.

    Raises:
        NameMismatchError: they are not those of the policy.
    """
    if not names:
        return None
    bare = tuple(map(_bare, names))
    if deployment.policy.end_effector is None:
        ours = VectorCodec(deployment).action.names
        # Of one tool, a server names the numbers without it.
        last = tuple(name.rpartition('.')[2] for name in ours)
        found, wanted = next(
            ((f, w) for f, w in ((names, ours), (bare, ours), (bare, last)) if _are_same(f, w)),
            (names, ours),
        )
    else:
        ours = next((n for n in _TOOL_MOVES if _are_same(n, bare)), _TOOL_MOVES[0])
        found, wanted = bare, ours
    if not _are_same(found, wanted):
        raise NameMismatchError(f'{url}: action_names', ours, names)
    order = [found.index(name) for name in wanted]
    return None if order == sorted(order) else order


def _are_same(names: Sequence[str], others: Sequence[str]) -> bool:
    return len(set(names)) == len(names) and sorted(names) == sorted(others)


def _bare(name: str) -> str:
    """Return a name without what LeRobot's features add to joints and moves."""
    for suffix in _JOINT_SUFFIXES:
        name = name.removesuffix(suffix)
    return name.removeprefix('delta_')
