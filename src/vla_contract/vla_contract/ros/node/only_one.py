"""Refuses to run a node that runs already: two filters of one name would both command the arm."""

import socket
import struct
import time

from rclpy.node import Node
from vla_contract.errors import VlaError

# Within this time a node finds those of other machines; looking is repeated until then [s].
_DISCOVERY_S = 3.0
_LOOK_S = 0.25


class AlreadyRunsError(VlaError):
    """A node of the same full name is on the same ROS domain."""

    def __init__(self, node: Node, where: str) -> None:
        domain = node.context.get_domain_id()
        super().__init__(
            f'{node.get_fully_qualified_name()} runs already{where} on ROS_DOMAIN_ID {domain}: '
            'end it first, or give this one a namespace or a domain of its own'
        )


class OnlyOne:
    """Holds a node's name on its domain for as long as the process lives.

    On one machine an abstract Unix socket of that name tells at once, and goes with the process
    however it ends; nodes of other machines show in the graph, a moment later. In the graph a node
    that crashed stays for up to 20 s, also for one that takes its place: what it shows of this
    machine is left to the socket.
    """

    def __init__(self, node: Node) -> None:
        """Take the name.

        Raises:
            AlreadyRunsError: another process of this machine has it.
        """
        self._node = node
        self._until = time.monotonic() + _DISCOVERY_S
        self._next_look = 0.0
        self._is_over = False
        address = f'\0vla_node/{node.context.get_domain_id()}{node.get_fully_qualified_name()}'
        # Python's sockets are closed in programs that the process starts.
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.bind(address)
        except OSError:
            holder = _holder(address)
            self.release()
            raise AlreadyRunsError(node, f' as process {holder}') from None
        self._socket.listen(1)

    def release(self) -> None:
        """Give the name back."""
        self._socket.close()

    def check(self) -> None:
        """Look for the name in the graph while nodes are still being found.

        Raises:
            AlreadyRunsError: a process of another machine has it.
        """
        now = time.monotonic()
        if self._is_over or now < self._next_look:
            return
        self._next_look = now + _LOOK_S
        self._is_over = now > self._until
        if len(self._machines()) > 1:
            raise AlreadyRunsError(self._node, ' on another machine')

    def _machines(self) -> set[bytes]:
        """Return what DDS calls the machines, or the processes, that have a node of this name."""
        own = (self._node.get_name(), self._node.get_namespace())
        return {
            # Vendor and machine, two bytes each, with Fast DDS; with others, of the process.
            bytes(publisher.endpoint_gid[:4])
            for publisher in self._node.get_publishers_info_by_topic('/rosout')
            if (publisher.node_name, publisher.node_namespace) == own
        }


def _holder(address: str) -> str:
    """Return the id of the process that has an abstract socket, '?' where it cannot be told."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        caller.settimeout(1.0)
        try:
            caller.connect(address)
            credentials = caller.getsockopt(
                socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize('3i')
            )
        except OSError:
            return '?'
    return str(struct.unpack('3i', credentials)[0])
