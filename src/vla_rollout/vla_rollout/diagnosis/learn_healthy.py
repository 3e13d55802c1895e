"""Learn the thresholds of the failure diagnosis from successful episodes."""

import argparse
import sys

from vla_contract.cli.command import command_parser, run_command
from vla_contract.cli.number_types import positive, real
from vla_contract.cli.path_types import file_to_write
from vla_contract.cli.terminal import announce
from vla_rollout.arguments import add_loop, add_setup


def _run(args: argparse.Namespace) -> int:
    # The simulator takes a while to import: not for --help, nor for a misspelt option.
    announce('loading the simulator and the policy')
    from vla_rollout.diagnosis.healthy_runs import learn_healthy

    return learn_healthy(args)


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'rollout learn-thresholds',
        'Learn from successful episodes when a rollout should be called failing, and how.',
        'vla rollout learn-thresholds --policy panda_lift_act',
    )
    add_setup(parser)
    add_loop(parser)
    parser.add_argument('--episodes', type=positive, default=200, help='how many to run')
    parser.add_argument(
        '--first-seed', type=positive, default=5000, help='the next ones follow it'
    )
    parser.add_argument('--workers', type=positive, default=2, help='processes')
    parser.add_argument(
        '--false-alarm-rate',
        type=real(0.001, 0.5),
        default=0.05,
        help='share of successful episodes with an alarm of any detector',
    )
    parser.add_argument(
        '--output', type=file_to_write('.json'), help='default: healthy.json in the checkpoint'
    )
    parser.add_argument('--force', action='store_true', help='replace what was learned before')
    args = parser.parse_args(argv)
    return run_command(lambda: _run(args))


if __name__ == '__main__':
    sys.exit(main())
