"""Fine-tune any LeRobot policy on demonstrations of the robot, alone or with simulated ones."""

import argparse
from pathlib import Path
import sys

from vla_contract.cli.command import command_parser, run_command
from vla_contract.cli.path_types import file_to_write, folder_to_write
from vla_contract.cli.terminal import announce
from vla_finetune.finetune_settings import add_arguments


def _run(args: argparse.Namespace) -> int:
    # torch takes seconds to import: not for --help, nor for a misspelt option.
    announce('loading PyTorch, the policy and the datasets')
    from vla_finetune.finetuning import finetune

    return finetune(args)


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'train finetune',
        'Fine-tune any LeRobot policy on demonstrations of the robot, alone or with simulated '
        'ones.',
        'vla train finetune --policy panda_lift_act --real datasets/real '
        '--sim datasets/lift_cube --output runs/finetuned',
    )
    parser.add_argument('--output', type=folder_to_write, help='new folder')
    parser.add_argument('--resume', type=Path, help='go on in this folder, with its settings')
    parser.add_argument('--json', type=file_to_write(), help='also write the summary here')
    add_arguments(parser)
    args = parser.parse_args(argv)
    return run_command(lambda: _run(args))


if __name__ == '__main__':
    sys.exit(main())
