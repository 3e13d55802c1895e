"""A request that may be made more than once, for who polls for its answer."""

import math
import time
from typing import Any

from rcl_interfaces.srv import ListParameters
from rclpy.client import Client
from rclpy.node import Node


class Question:
    """Asks a service again while no answer comes.

    A server that has not yet found the client drops its answer to it. Orders, which must not be
    carried out twice, are asked once: `again_s` infinite.
    """

    def __init__(self, client: Client, request: Any, again_s: float = math.inf) -> None:
        """Prepare to ask as soon as the service is there, and again every `again_s` seconds."""
        self._client, self._request, self._again_s = client, request, again_s
        self._futures: list[Any] = []
        self._due_at = -math.inf

    def is_answered(self) -> bool:
        """Return whether an answer has come; ask when it is time."""
        if time.monotonic() > self._due_at and self._client.service_is_ready():
            self._due_at = time.monotonic() + self._again_s
            self._futures.append(self._client.call_async(self._request))
        return any(future.done() for future in self._futures)

    @property
    def answer(self) -> Any:
        """The first answer that came.

        Raises:
            StopIteration: none has come.
        """
        return next(future.result() for future in self._futures if future.done())


def introduction(node: Node, server: str) -> Question:
    """Ask a server something harmless: once it answers, it knows the clients that `node` has made.

    It finds the clients of a process in the order of their making. What may be ordered only once
    is ordered after that.
    """
    client = node.create_client(ListParameters, f'{server}/list_parameters')
    return Question(client, ListParameters.Request(), again_s=2.0)
