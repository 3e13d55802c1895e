"""What is said while a node is waited for that is not there: most often it is elsewhere."""

from collections.abc import Callable
import time

from rclpy.node import Node

_FIRST_S, _AGAIN_S = 2.0, 10.0


class AbsentNode:
    """Tells where a node is looked for, and what is there instead."""

    def __init__(
        self,
        node: Node,
        name: str,
        within_s: float,
        hint: str = '',
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin to wait.

        Args:
            node: who waits.
            name: of the node that is waited for.
            within_s: how long [s].
            hint: how to start it, '' where that is being done.
            clock: time that goes on steadily [s].
        """
        self._node, self._name, self._hint = node, name, hint
        self._clock = clock
        self._ends_s = clock() + within_s
        self._due_s = clock() + _FIRST_S

    def news(self) -> str:
        """Return what to tell who waits, '' most of the time."""
        now_s = self._clock()
        if now_s < self._due_s:
            return ''
        self._due_s = now_s + _AGAIN_S
        left_s = max(0.0, self._ends_s - now_s)
        return f'waiting for node {self._name}, {left_s:.0f} s more: {self.place}'

    @property
    def place(self) -> str:
        """Where it is looked for, who is there, and how to start it."""
        domain = self._node.context.get_domain_id()
        own = self._node.get_namespace()
        seen = sorted(
            f'{namespace.rstrip("/")}/{name}'
            for name, namespace in self._node.get_node_names_and_namespaces()
            if (name, namespace) != (self._node.get_name(), own)
        )
        where = f'on ROS_DOMAIN_ID={domain} there is {", ".join(seen) or "no node"}'
        within = f' (looked for in {own})' if own != '/' else ''
        return f'{where}{within}' + (f'; {self._hint}' if self._hint else '')
