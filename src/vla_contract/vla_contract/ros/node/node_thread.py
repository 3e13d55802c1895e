"""A node beside plain synchronous code, served in a thread of its own."""

import threading

from rclpy.context import Context
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node


class NodeThread:
    """Serves the callbacks of a node until it is closed.

    Attributes:
        node: to be given its interfaces before `start`.
        error: what a callback raised first; the others are served all the same, because whoever
            has to react may need answers for it.
    """

    def __init__(self, name: str, context: Context) -> None:
        """Create the node in an initialised context."""
        self.node = Node(name, context=context)
        self.error: BaseException | None = None
        self._executor = SingleThreadedExecutor(context=context)
        self._thread = threading.Thread(target=self._spin, name=name, daemon=True)

    def start(self) -> None:
        """Begin to serve."""
        self._executor.add_node(self.node)
        self._thread.start()

    def close(self) -> None:
        """Cease to serve, and destroy the node."""
        self._executor.shutdown(timeout_sec=10.0)
        self._thread.join(timeout=30.0)
        self.node.destroy_node()

    def _spin(self) -> None:
        while True:
            try:
                self._executor.spin()
            except ExternalShutdownException:
                return
            except BaseException as error:  # noqa: BLE001 - raised again by who waits
                self.error = self.error or error
            else:
                return
