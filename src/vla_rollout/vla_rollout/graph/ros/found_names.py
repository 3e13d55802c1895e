"""What a graph offers by name: topics and services with the types that their nodes say."""

from collections.abc import Callable
import os
import time
from typing import Any

from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile
from vla_contract.errors import UnknownNameError, VlaError
from vla_contract.ros.question import introduction, Question

_LOOK_S = 0.1
# What every node has says nothing of this graph.
_OF_EVERY_NODE = ('/parameter_events', '/rosout')


class FoundNames:
    """A node that looks around; use it as a context manager, with rclpy initialised."""

    def __init__(self, name: str) -> None:
        """Make the node."""
        self._node = Node(name, start_parameter_services=False, enable_rosout=False)
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self._node)

    def __enter__(self) -> 'FoundNames':
        return self

    def __exit__(self, *error: object) -> None:
        self._executor.shutdown()
        self._node.destroy_node()

    def topics(self) -> dict[str, str]:
        """Return the type of every topic that somebody publishes, by its name."""
        return {
            name: kinds[0]
            for name, kinds in self._node.get_topic_names_and_types()
            if name not in _OF_EVERY_NODE and self._node.count_publishers(name)
        }

    def topic(self, name: str, within_s: float) -> tuple[str, str]:
        """Return the whole name of a topic and its type; raises as `service` does."""
        whole = self._node.resolve_topic_name(name)
        return whole, self._await(self.topics, 'topic', whole, within_s)

    def service(self, name: str, within_s: float) -> tuple[str, str]:
        """Return the whole name of a service and its type.

        Args:
            name: counts from the namespace of the node.
            within_s: for it to appear [s].

        Raises:
            VlaError: it did not appear; lists what is there.
        """
        whole = self._node.resolve_service_name(name)
        return whole, self._await(self._services, 'service', whole, within_s)

    def _services(self) -> dict[str, str]:
        return {name: kinds[0] for name, kinds in self._node.get_service_names_and_types()}

    def _await(
        self, look: Callable[[], dict[str, str]], what: str, name: str, within_s: float
    ) -> str:
        self.spin(lambda: name in look(), within_s)
        found = look()
        if name not in found:
            known = [known for known in sorted(found) if _is_told_of(known)]
            if not known:
                domain = os.environ.get('ROS_DOMAIN_ID', '0')
                raise VlaError(
                    f'{what} {name}: found no node on ROS_DOMAIN_ID={domain} in {within_s:g} s; '
                    'vla up starts those of a deployment'
                )
            raise UnknownNameError(what, name, 'the graph', known)
        return found[name]

    def quality(self, topic: str) -> QoSProfile:
        """Return how the publishers of a topic offer it."""
        (info, *_) = self._node.get_publishers_info_by_topic(topic)
        offered = info.qos_profile
        return QoSProfile(depth=10, reliability=offered.reliability, durability=offered.durability)

    def subscribe(
        self, kind: type[Any], topic: str, quality: QoSProfile, take: Callable[[Any], None]
    ) -> None:
        """Have every message of a topic taken while the node spins."""
        self._node.create_subscription(kind, topic, take, quality)

    def ask(self, name: str, kind: type[Any], request: Any, within_s: float) -> Any:
        """Return the answer of a service, which is asked once: it may be an order.

        Raises:
            VlaError: it did not answer in time.
        """
        client = self._node.create_client(kind, name)
        server = name.rpartition('/')[0]
        if f'{server}/list_parameters' in self._services():
            self.spin(introduction(self._node, server).is_answered, within_s)
        question = Question(client, request)
        self.spin(question.is_answered, within_s)
        if not question.is_answered():
            raise VlaError(f'service {name}: waited {within_s:g} s for an answer')
        return question.answer

    def spin(self, is_over: Callable[[], bool], within_s: float) -> None:
        """Serve the node until something holds, or a time is over [s]."""
        ends = time.monotonic() + within_s
        while not is_over() and time.monotonic() < ends:
            self._executor.spin_once(_LOOK_S)


def _is_told_of(name: str) -> bool:
    """Whether a name is one that a person would call: not of parameters or of the lifecycle."""
    hidden = ('parameter', 'get_type_description', 'transition', 'change_state', 'get_state',
              'available_states', 'logger_level')  # fmt: skip
    return not any(word in name.rsplit('/', 1)[-1] for word in hidden)
