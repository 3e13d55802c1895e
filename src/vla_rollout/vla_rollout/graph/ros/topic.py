"""List the topics of a running graph, print messages of one, or measure its rate."""

import argparse
from collections.abc import Iterator
import importlib
from itertools import pairwise
import sys
import time
from typing import Any

import rclpy
from vla_contract.cli.command import command_parser, DONE, NOT_GOOD_ENOUGH, run_command
from vla_contract.cli.number_types import natural, real
from vla_contract.errors import VlaError
from vla_contract.ros.node.graph_arguments import parse_in_graph
from vla_rollout.graph.ros.found_names import FoundNames

# Of an array; images and point clouds have millions.
_MOST_VALUES = 32


def topic(args: argparse.Namespace) -> int:
    """Print what is asked for; status 1 where nothing came.

    Raises:
        VlaError: there is no such topic, or its type is not installed.
    """
    rclpy.init(args=args.ros_arguments)
    try:
        with FoundNames('vla_topic') as graph:
            if not args.topic:
                # Discovery has no end; what is there is found in the time to wait.
                graph.spin(lambda: False, args.wait_s)
                for name, kind in sorted(graph.topics().items()):
                    print(f'{name}  {kind}')
                return DONE
            name, kind = graph.topic(args.topic, args.wait_s)
            return (_rate if args.rate else _messages)(graph, name, message_type(kind), args)
    finally:
        rclpy.try_shutdown()


def _messages(graph: FoundNames, name: str, kind: type[Any], args: argparse.Namespace) -> int:
    came: list[Any] = []

    def take(message: Any) -> None:
        if len(came) < args.count:
            came.append(message)
            print('\n'.join([*written(message), '---']), flush=True)

    graph.subscribe(kind, name, graph.quality(name), take)
    graph.spin(lambda: len(came) >= args.count, args.for_s)
    if not came:
        print(f'{name}: no message in {args.for_s:g} s', file=sys.stderr)
    return DONE if came else NOT_GOOD_ENOUGH


def _rate(graph: FoundNames, name: str, kind: type[Any], args: argparse.Namespace) -> int:
    came_s: list[float] = []
    graph.subscribe(kind, name, graph.quality(name), lambda _: came_s.append(time.monotonic()))
    graph.spin(lambda: False, args.for_s)
    if len(came_s) < 2:
        print(f'{name}: {len(came_s)} messages in {args.for_s:g} s')
        return NOT_GOOD_ENOUGH
    gaps = [later - earlier for earlier, later in pairwise(came_s)]
    rate_hz = len(gaps) / (came_s[-1] - came_s[0])
    print(
        f'{name}: {rate_hz:.1f} Hz, longest gap {max(gaps) * 1e3:.0f} ms, {len(came_s)} messages'
    )
    return DONE


def message_type(kind: str) -> type[Any]:
    """Return the class of a message type such as 'std_msgs/msg/Bool'.

    Raises:
        VlaError: its package is not installed.
    """
    package, _, name = kind.split('/')
    try:
        found: type[Any] = getattr(importlib.import_module(f'{package}.msg'), name)
    except (ImportError, AttributeError) as error:
        raise VlaError(f'message type {kind}: found no Python package {package}.msg') from error
    return found


def written(message: Any, indent: str = '') -> Iterator[str]:
    """Yield the lines of a message, nested parts indented, long arrays cut."""
    for name in message.get_fields_and_field_types():
        value = getattr(message, name)
        if hasattr(value, 'get_fields_and_field_types'):
            yield f'{indent}{name}:'
            yield from written(value, indent + '  ')
        elif _are_messages(value):
            yield f'{indent}{name}:'
            for each in value:
                first, *rest = written(each, indent + '  ')
                yield f'{indent}- {first.lstrip()}'
                yield from rest
        else:
            yield f'{indent}{name}: {_plain(value)}'


def _are_messages(value: Any) -> bool:
    is_list = isinstance(value, list | tuple) and bool(value)
    return is_list and hasattr(value[0], 'get_fields_and_field_types')


def _plain(value: Any) -> str:
    if isinstance(value, bytes):
        # The type `byte` of messages.
        return ' '.join(map(str, value))
    if isinstance(value, str | bool | int | float):
        return repr(value) if isinstance(value, str) else str(value)
    values = list(value[:_MOST_VALUES])
    more = f', ... {len(value)} in all' if len(value) > _MOST_VALUES else ''
    return f'[{", ".join(map(str, values))}{more}]'


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'topic',
        'List the topics of a running graph; with a name, print its messages or measure its rate.',
        'vla topic joint_states --rate',
    )
    parser.add_argument('topic', nargs='?', default='', help='its name')
    parser.add_argument('--count', type=natural, default=1, help='messages to print')
    parser.add_argument('--rate', action='store_true', help='measure instead of printing')
    parser.add_argument(
        '--wait-s', type=real(0.0, 3600.0, 's'), default=3.0, help='for the topic to appear'
    )
    parser.add_argument(
        '--for-s', type=real(0.1, 3600.0, 's'), default=5.0, help='how long to listen'
    )
    args = parse_in_graph(parser, argv)
    return run_command(lambda: topic(args))


if __name__ == '__main__':
    sys.exit(main())
