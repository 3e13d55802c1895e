"""What a robot says to a RoboArena server beside its observation."""

from typing import Any
from uuid import uuid4

from vla_policy_server.wire.roboarena.server_config import ServerConfig

ENDPOINT, INFER, RESET, SESSION = 'endpoint', 'infer', 'reset', 'session_id'
RESET_DONE = 'reset successful'
"""What a server answers to a reset, as text."""


class ArenaEpisode:
    """Adds to each observation to which endpoint it goes, and of which episode it is."""

    def __init__(self, config: ServerConfig) -> None:
        """Begin an episode.

        Args:
            config: what the server wants.
        """
        self._needs_id = config.needs_session_id
        self._id = uuid4().hex

    def begin(self) -> dict[str, Any]:
        """Begin another episode; return the message that says so."""
        self._id = uuid4().hex
        return {ENDPOINT: RESET}

    def write(self, message: dict[str, Any]) -> dict[str, Any]:
        """Return an observation with what the server wants beside it."""
        session = {SESSION: self._id} if self._needs_id else {}
        return {**message, ENDPOINT: INFER, **session}
