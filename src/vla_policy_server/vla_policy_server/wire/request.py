"""What a robot of ours says beside its observation; openpi's clients say nothing of it."""

from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

from vla_policy_server.wire.errors import MessageRefusedError

PROTOCOL = 'vla_deploy/1'
"""What a server that understands these terms calls itself in its metadata."""

KEY = 'request'


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
