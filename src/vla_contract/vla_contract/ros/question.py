"""A request that may be made more than once, for who polls for its answer."""

import math
import time
from typing import Any

from rclpy.client import Client


class Question:
    """Asks a service again while no answer comes.

    A server that has not yet found the client drops its answer to it. Orders, which must not be
    carried out twice, are asked once: `again_s` infinite.
    """

    def __init__(self, client: Client, request: Any, again_s: float = math.inf) -> None:
        """Ask a service that is there; ask again every `again_s` seconds."""
        self._client, self._request, self._again_s = client, request, again_s
        self._futures: list[Any] = []
        self._ask()

    def _ask(self) -> None:
        self._asked_at = time.monotonic()
        self._futures.append(self._client.call_async(self._request))

    def is_answered(self) -> bool:
        """Return whether an answer has come; ask again when it is time."""
        if time.monotonic() > self._asked_at + self._again_s:
            self._ask()
        return any(future.done() for future in self._futures)

    @property
    def answer(self) -> Any:
        """The first answer that came.

        Raises:
            StopIteration: none has come.
        """
        return next(future.result() for future in self._futures if future.done())
