"""Actions out of the answer of a server, checked: an array of the right shape, and finite."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from vla_contract.values import Vector
from vla_policy_server.wire.errors import WireError
from vla_policy_server.wire.message_values import as_array

LONGEST_CHUNK = 1000


def read_actions(
    content: dict[str, Any],
    width: int,
    url: str,
    longest: int | None = None,
    order: Sequence[int] | None = None,
) -> Vector:
    """Return the actions of an answer, shape (T, width).

    A single one may come without T, all of them as a list, or as a batch of one.

    Args:
        content: the answer.
        width: numbers of an action.
        url: the server, for errors.
        longest: steps that the server says a chunk has at most, None where it does not.
        order: where each number of the policy's action stands in the server's, None in its place.

    Raises:
        WireError: there are none, or they cannot be used.
    """
    actions = as_array(content.get('actions'))
    if not isinstance(actions, np.ndarray) or actions.dtype.kind not in 'fiu':
        found = ', '.join(f'{key!r:.40}' for key in list(content)[:16]) or 'nothing'
        raise WireError(f'{url} answered without an array of actions; the answer has: {found}')
    if actions.ndim == 1:
        actions = actions[np.newaxis]
    if actions.ndim == 3 and len(actions) == 1:
        actions = actions[0]
    longest = LONGEST_CHUNK if longest is None else longest
    if actions.ndim != 2 or actions.shape[1] != width or not 0 < len(actions) <= longest:
        raise WireError(
            f'{url} answered with actions of shape {actions.shape}; allowed: (1 to {longest}, '
            f'{width})'
        )
    if not np.isfinite(actions).all():
        raise WireError(f'{url} answered with numbers that are not finite')
    ordered = actions if order is None else actions[:, list(order)]
    return np.asarray(ordered, dtype=np.float64)
