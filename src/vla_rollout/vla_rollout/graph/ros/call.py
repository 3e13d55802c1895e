"""Call a service of a running node: one without a request, or with yes or no."""

import argparse
import sys
from typing import Any

import rclpy
from vla_contract.cli.command import command_parser, DONE, NOT_GOOD_ENOUGH, run_command
from vla_contract.cli.number_types import real
from vla_contract.errors import VlaError
from vla_contract.ros.node.graph_arguments import parse_in_graph
from vla_rollout.graph.ros.found_names import FoundNames

TRIGGER, SET_BOOL = 'std_srvs/srv/Trigger', 'std_srvs/srv/SetBool'
_ANSWER_S = 60.0


def call(args: argparse.Namespace) -> int:
    """Call it, print what it answers, and return whether it did what was asked.

    Raises:
        VlaError: there is no such service, it is of another kind, or it does not answer.
    """
    rclpy.init(args=args.ros_arguments)
    try:
        with FoundNames('vla_call') as graph:
            name, kind = graph.service(args.service, args.wait_s)
            answer = graph.ask(name, *_request(name, kind, args.value), _ANSWER_S)
    finally:
        rclpy.try_shutdown()
    print(f'{name}: {answer.message or ("done" if answer.success else "refused")}')
    return DONE if answer.success else NOT_GOOD_ENOUGH


def _request(name: str, kind: str, value: str | None) -> tuple[type[Any], Any]:
    """Return type and request of a service.

    Raises:
        VlaError: it wants another kind of request than was given.
    """
    from std_srvs.srv import SetBool, Trigger

    if kind == TRIGGER and value is None:
        return Trigger, Trigger.Request()
    if kind == SET_BOOL and value is not None:
        return SetBool, SetBool.Request(data=value == 'true')
    if kind in (TRIGGER, SET_BOOL):
        wants = 'no value' if kind == TRIGGER else 'true or false'
        raise VlaError(f'{name}: found {value or "no value"}; allowed: {wants}, it is a {kind}')
    raise VlaError(f'{name}: found a service of type {kind}; allowed: {TRIGGER} or {SET_BOOL}')


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'call',
        'Call a service of a running node, such as supervisor/check or action_filter/reset. '
        'Status 1 where it answers that it refused.',
        'vla call action_filter/reset',
    )
    parser.add_argument('service', help='its name')
    parser.add_argument(
        'value', nargs='?', choices=('true', 'false'), help='for services that ask'
    )
    parser.add_argument(
        '--wait-s', type=real(0.0, 3600.0, 's'), default=5.0, help='for the service to appear'
    )
    args = parse_in_graph(parser, argv)
    return run_command(lambda: call(args))


if __name__ == '__main__':
    sys.exit(main())
