"""Serves nodes whose own threads publish, until a signal ends them."""

from collections.abc import Callable, Sequence
import signal
from types import FrameType
from typing import Any, Protocol

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions


class Served(Protocol):
    """Something with nodes and threads."""

    nodes: Sequence[Node]

    def close(self) -> None:
        """End the threads."""


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def node_with(name: str, parameters: dict[str, Any]) -> Node:
    """Return a node that answers get_parameters as a controller of that name does."""
    node = Node(name)
    for key, value in parameters.items():
        if value == ():
            continue
        node.declare_parameter(key, list(value) if isinstance(value, tuple) else value)
    return node


def serve(make: Callable[[], Served]) -> int:
    """Make nodes and serve their callbacks; returns the exit status."""
    # Their threads publish until they end: rclpy's own handlers would take the context away.
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    served = make()
    executor = SingleThreadedExecutor()
    for node in served.nodes:
        executor.add_node(node)
    try:
        while rclpy.ok():
            # Python runs signal handlers between calls only.
            executor.spin_once(timeout_sec=0.2)
    except KeyboardInterrupt:
        pass
    finally:
        served.close()
        rclpy.try_shutdown()
    return 0
