"""Start the simulator and the action filter, and teleoperate the arm with a device.

With a number of episodes these are demonstrations: the simulator resets the scene and says when
the task is done, and every one is recorded.
"""

import argparse
import os
from pathlib import Path
import signal
import sys

from vla_contract.cli import number_types
from vla_contract.cli.command import (
    command_parser,
    DONE,
    NOT_GOOD_ENOUGH,
    run_command,
)
from vla_contract.cli.deployment_arguments import add_scene
from vla_contract.cli.number_types import natural
from vla_contract.cli.path_types import folder_to_write
from vla_contract.deployment.deployment import load_cell_of
from vla_contract.errors import VlaError
from vla_contract.ros.free_domain import take_domain
from vla_contract.ros.node.graph_arguments import parse_in_graph
from vla_policy_server.wire.server_settings import ServerSettings
from vla_rollout.episodes.run_folder import make_run_folder
from vla_rollout.graph.ros.interruption import once_interrupted
from vla_rollout.graph.ros.stack_run import Check, run_beside, until_interrupted
from vla_rollout.graph.stack import Stack
from vla_rollout.web.arguments import add_web, web_settings
from vla_teleop.devices.device_file import load_device_file
from vla_teleop.mapping.groups import commanded_groups, device_joints

# A policy beside a human who commands all the time: it has no checkpoint, and wants nothing.
NO_POLICY, STAYS = 'none', 'hold'


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
        'action_filter': {**cell, 'source': 'human'},
        'teleop': {**cell, 'device': args.device, 'lead_leader': args.lead_leader},
        'policy_server': {**scene, 'policy_path': NO_POLICY, 'backend': STAYS},
        'recorder': dict(cell),
    }


def teleoperate(args: argparse.Namespace) -> int:
    """Run until Ctrl-C, or until a process ends; no process survives it.

    Raises:
        VlaError: there is no such device, or it does not fit the cell.
    """
    file, cell = load_device_file(args.device), load_cell_of(args.deployment, args.cell)
    commanded_groups(cell, device_joints(file, cell), file.name)
    web = web_settings(args)
    if web and not args.episodes:
        raise VlaError('--web: found no episodes that it would show; allowed: with --episodes N')
    folder = make_run_folder('teleop', args.runs)
    domain_id = args.domain_id or take_domain()
    overrides = stack_overrides(args)
    overrides['recorder']['folder'] = str(folder / 'recordings')
    options = ('policy_server', 'recorder') if args.episodes else ()
    stack = Stack('teleop', folder / 'logs', domain_id, overrides, options, args.namespace)
    os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
    print(f'starting {", ".join(stack.names)} (ROS_DOMAIN_ID={domain_id})', flush=True)
    print('Ctrl-C ends it', flush=True)
    if not args.episodes:
        return run_beside(stack, until_interrupted)
    return run_beside(stack, lambda check: demonstrate(args, folder, domain_id, check, web))


def demonstrate(
    args: argparse.Namespace,
    folder: Path,
    domain_id: int,
    check: Check,
    web: ServerSettings | None,
) -> int:
    """Have a human show the task in counted episodes, each into a recording.

    Returns:
        The exit status: without any demonstration that shows the task it is not good enough.
    """
    # What talks to the graph takes a while to import: not for --help.
    from vla_rollout.episodes.control import EpisodeControl
    from vla_rollout.episodes.ros.counted_rollout import run_rollout

    counted = argparse.Namespace(**vars(args))
    counted.policy, counted.backend, counted.device = NO_POLICY, STAYS, 'cpu'
    counted.record, counted.operator, counted.allow_code = True, None, ()
    results = run_rollout(counted, folder, domain_id, check, EpisodeControl(), web, ('teleop',))
    shown = [result for result in results if result.assisted]
    length_s = sum(result.duration_s for result in shown) / max(len(shown), 1)
    recordings = folder / 'recordings'
    print(f'{len(shown)} of {len(results)} demonstrations show the task, mean {length_s:.1f} s')
    print(
        f'next: vla dataset convert {recordings} --deployment {args.deployment} --output DATASET'
    )
    return DONE if shown else NOT_GOOD_ENOUGH


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'teleop run',
        'Start simulator and action filter, and teleoperate the arm with a device.',
        'vla teleop run --deployment panda_lift_cube --device keyboard --viewer',
    )
    add_scene(parser)
    parser.add_argument(
        '--device',
        default='keyboard',
        help='name under config/teleoperators, or path of a file; vla teleop devices lists them',
    )
    parser.add_argument(
        '--lead-leader',
        action='store_true',
        help='the motors of a leader bring it to the arm, slowly',
    )
    parser.add_argument('--randomization', default='none', help='name under config/randomization')
    parser.add_argument(
        '--episodes',
        type=natural,
        default=0,
        help='how many demonstrations to record; 0: move the arm until Ctrl-C',
    )
    parser.add_argument(
        '--first-seed', type=number_types.seed, default=0, help='the next ones follow it'
    )
    parser.add_argument(
        '--time-limit-s',
        type=number_types.real(0.1, 3600.0, 's'),
        help="of a demonstration; default: the task's",
    )
    add_web(parser)
    parser.add_argument('--viewer', action='store_true', help='open the MuJoCo viewer')
    parser.add_argument(
        '--runs', type=folder_to_write, default=Path('runs'), help='folder of the runs'
    )
    parser.add_argument('--domain-id', type=natural, default=0, help='0 picks one')
    args = parse_in_graph(parser, argv)
    ends = (signal.SIGINT, signal.SIGTERM)
    return run_command(lambda: once_interrupted(lambda: teleoperate(args), ends))


if __name__ == '__main__':
    sys.exit(main())
