"""Where in the graph a node or a command stands: its namespace, and that one's clock."""

import argparse
from collections.abc import Sequence
import sys

from rclpy.node import Node

# rclpy listens to the absolute /clock. The rule makes that the clock of the node's own namespace,
# so that two simulators run side by side; in the root namespace it changes nothing. Of several
# rules the first counts: `-r /clock:=/clock` is for robots of several namespaces in one simulator.
CLOCK_RULE = ('--ros-args', '-r', '/clock:=clock')


def namespace_rule(namespace: str) -> list[str]:
    """Return the arguments that put a process's nodes into a namespace, none for ''.

    Args:
        namespace: with or without a slash in front.
    """
    name = namespace.strip('/')
    return ['--ros-args', '-r', f'__ns:=/{name}'] if name else []


def split_arguments(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return a command's own arguments, and those from `--ros-args` up to `--` or the end."""
    parts: tuple[list[str], list[str]] = ([], [])
    is_ros = False
    for word in argv:
        ends = is_ros and word == '--'
        is_ros = (is_ros or word == '--ros-args') and not ends
        parts[is_ros or ends].append(word)
    return parts


def parse_in_graph(
    parser: argparse.ArgumentParser, argv: Sequence[str] | None
) -> argparse.Namespace:
    """Parse the arguments of a command that joins a graph, `--ros-args ...` among them.

    Returns:
        What the parser says; beside it `namespace`, and `ros_arguments` for `rclpy.init`.
    """
    parser.add_argument(
        '--namespace', default='', metavar='NS', help='of the robot; also --ros-args -r __ns:=/NS'
    )
    own, ros = split_arguments(sys.argv[1:] if argv is None else argv)
    args = parser.parse_args(own)
    args.ros_arguments = [*ros, *namespace_rule(args.namespace), *CLOCK_RULE]
    return args


def publishers_of(node: Node, topic: str) -> int:
    """Return how many publishers a topic has, under the name that remapping gives it."""
    return int(node.count_publishers(node.resolve_topic_name(topic)))
