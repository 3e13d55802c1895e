"""What a node offers and wants, asked from the node itself: configured, never activated."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
import contextlib
from dataclasses import dataclass, replace
import gc
import inspect
from types import ModuleType
from typing import Any

import rclpy
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from vla_contract.ros.node.lifecycle import VlaNode

_OF_EVERY_NODE = ('/rosout', '/parameter_events')
# Packages of ROS that its wheels lack: a README is the same wherever it is written.
_NOT_EVERYWHERE = ('tf2_msgs/',)
_SERVICES_OF_EVERY_NODE = ('lifecycle_msgs/', 'rcl_interfaces/', 'type_description_interfaces/')


@dataclass(frozen=True, order=True)
class Interface:
    """One topic or service of a node.

    Attributes:
        kind: 'publishes', 'subscribes' or 'service'.
        name: relative, as a namespace would move it.
        type: as `ros2 interface show` takes it.
        qos: in words; '' for a service.
    """

    kind: str
    name: str
    type: str
    qos: str = ''


def node_type(module: ModuleType) -> type[Any]:
    """Return the node class that a module defines."""
    return next(
        value
        for _, value in inspect.getmembers(module, inspect.isclass)
        if issubclass(value, VlaNode) and value.__module__ == module.__name__
    )


def interfaces(kind: Callable[[], VlaNode], *variants: Mapping[str, str]) -> list[Interface]:
    """Return the interfaces of a node, over several choices of its parameters.

    Raises:
        RuntimeError: the node cannot be configured.
    """
    found: set[Interface] = set()
    for parameters in variants or ({},):
        with _configured(kind, parameters) as node:
            found |= set(_of(node))
    return sorted(set(_any_where_several(found)))


def _any_where_several(found: set[Interface]) -> Iterator[Interface]:
    """A topic heard with several qualities of service is heard from any publisher."""
    same = Counter((each.kind, each.name, each.type) for each in found)
    for each in found:
        several = same[each.kind, each.name, each.type] > 1
        yield replace(each, qos='any') if several else each


@contextlib.contextmanager
def _configured(kind: Callable[[], VlaNode], parameters: Mapping[str, str]) -> Iterator[VlaNode]:
    """Yield a node that is configured.

    Raises:
        RuntimeError: it cannot be; with its reason.
    """
    given = [word for name, text in parameters.items() for word in ('-p', f'{name}:={text}')]
    rclpy.init(args=['--ros-args', '--log-level', 'error', *given])
    try:
        node = kind()
        if node.trigger_configure() != TransitionCallbackReturn.SUCCESS:
            raise RuntimeError(f'{node.get_name()}: {node.failure}')
        yield node
        node.shut_down()
        node.destroy_node()
    finally:
        rclpy.try_shutdown()
        # rclpy frees a node's lifecycle services with its garbage; others see them until then.
        gc.collect()


def _of(node: VlaNode) -> Iterator[Interface]:
    own = f'/{node.get_name()}/'
    for kind, topics in (('publishes', node.publishers), ('subscribes', node.subscriptions)):
        for topic in topics:
            if topic.topic_name not in {*_OF_EVERY_NODE, f'{own}transition_event'}:
                name, type_name = topic.topic_name.removeprefix('/'), _type_name(topic.msg_type)
                if not type_name.startswith(_NOT_EVERYWHERE):
                    yield Interface(kind, name, type_name, _in_words(topic.qos_profile))
    for service in node.services:
        type_name = _type_name(service.srv_type)
        if not type_name.startswith(_SERVICES_OF_EVERY_NODE):
            yield Interface('service', service.srv_name.removeprefix('/'), type_name)


def _type_name(kind: type) -> str:
    package, folder, *_ = kind.__module__.split('.')
    return f'{package}/{folder}/{kind.__name__}'


def _in_words(qos: QoSProfile) -> str:
    reliable = qos.reliability == ReliabilityPolicy.RELIABLE
    latched = qos.durability == DurabilityPolicy.TRANSIENT_LOCAL
    return ('reliable' if reliable else 'best effort') + (', latched' if latched else '')
