"""Start simulator, policy and filter, run a few episodes, stop everything."""

import argparse
import os
import signal
import sys

from vla_contract.cli.command import command_parser, run_command
from vla_contract.cli.number_types import natural
from vla_contract.ros.free_domain import take_domain
from vla_contract.ros.node.graph_arguments import parse_in_graph
from vla_rollout.arguments import (
    add_episodes,
    add_least,
    add_one_worker,
    add_record,
    add_setup,
)
from vla_rollout.episodes.run_folder import make_run_folder
from vla_rollout.graph.ros.interruption import once_interrupted
from vla_rollout.graph.ros.stack_run import Check, run_beside
from vla_rollout.graph.stack import Stack
from vla_rollout.web.arguments import add_web, web_settings


def stack_overrides(args: argparse.Namespace) -> dict[str, dict[str, object]]:
    """Return the parameters that the command line changes, by process."""
    cell = {'deployment': args.deployment, 'cell': args.cell}
    scene = {**cell, 'task': args.task}
    return {
        'mujoco_bridge': {
            **scene,
            'policy_path': args.policy,
            'randomization': args.randomization,
            'headless': not args.viewer,
        },
        'action_filter': dict(cell),
        'policy_server': {
            **scene,
            'policy_path': args.policy,
            'backend': args.backend,
            'allow_code': ' '.join(args.allow_code),
            'device': args.device,
        },
        'recorder': dict(cell),
    }


def demo(args: argparse.Namespace) -> int:
    """Run the demo; whatever happens, no process survives it."""
    # What talks to the graph takes a while to import: not for --help.
    from vla_rollout.episodes.control import EpisodeControl
    from vla_rollout.episodes.ros.counted_rollout import report, run_rollout

    web = web_settings(args)
    folder = make_run_folder('demo', args.runs)
    domain_id = args.domain_id or take_domain()
    options = ('recorder',) if args.record else ()
    overrides = stack_overrides(args)
    overrides['recorder']['folder'] = str(folder / 'recordings')
    stack = Stack('sim', folder / 'logs', domain_id, overrides, options, args.namespace)
    print(f'starting {", ".join(stack.names)} (ROS_DOMAIN_ID={domain_id})', flush=True)
    os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'

    def work(check: Check) -> int:
        results = run_rollout(args, folder, domain_id, check, EpisodeControl(), web)
        # The stack ends before the run is told of.
        stack.stop()
        return report(args, folder, results)

    return run_beside(stack, work)


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'demo',
        'Start simulator, policy server and action filter, run episodes, stop everything.',
        'vla demo --episodes 5',
    )
    add_episodes(parser, episodes=5)
    add_least(parser)
    add_setup(parser)
    add_one_worker(parser)
    add_record(parser)
    add_web(parser)
    parser.add_argument('--viewer', action='store_true', help='open the MuJoCo viewer')
    parser.add_argument('--domain-id', type=natural, default=0, help='0 picks one')
    parser.set_defaults(operator=None, time_limit_s=None)
    args = parse_in_graph(parser, argv)
    # A demo that runs under nohup outlives its terminal.
    ends = (signal.SIGINT, signal.SIGTERM)
    return run_command(lambda: once_interrupted(lambda: demo(args), ends))


if __name__ == '__main__':
    sys.exit(main())
