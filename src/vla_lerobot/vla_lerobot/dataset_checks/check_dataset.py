"""Check a LeRobotDataset before training, and name every bad episode."""

import argparse
from pathlib import Path
import sys

import numpy as np
from vla_contract.cli.command import command_parser, DONE, NOT_GOOD_ENOUGH, run_command, write_json
from vla_contract.cli.deployment_arguments import add_deployment, deployment_of
from vla_contract.cli.path_types import file_to_write
from vla_contract.cli.terminal import announce
from vla_lerobot.compatibility import require_same_robot
from vla_lerobot.dataset_checks.dataset import check_episodes
from vla_lerobot.dataset_checks.episodes import EpisodeLimits
from vla_lerobot.dataset_checks.page import write_check_page
from vla_lerobot.dataset_checks.roles import episode_roles
from vla_lerobot.frames import open_dataset
from vla_lerobot.vector_order import vector_order


def check_dataset(args: argparse.Namespace) -> int:
    """Check, print and write what was found.

    Raises:
        VlaError: there is no dataset, or it is of another robot.
    """
    deployment = deployment_of(args)
    announce(f'loading {args.dataset}')
    dataset = open_dataset(args.dataset)
    require_same_robot(deployment, dataset)
    for note in vector_order(deployment, dataset).notes:
        print(f'note: {note}')
    verdicts = check_episodes(dataset, dataset.__getitem__, deployment, EpisodeLimits())
    roles = episode_roles(dataset)
    bad = [verdict for verdict in verdicts if verdict.faults]
    for verdict in bad:
        for finding in verdict.findings:
            print(f'episode {verdict.episode}: {finding.fault}; {finding.cure}')
    lags = [verdict.lag for verdict in verdicts if verdict.lag is not None]
    if lags:
        lag = float(np.median(lags))
        print(f'the state follows its action by {lag:g} frames ({lag / dataset.fps:.2f} s)')
    kinds = ', '.join(f'{len(episodes)} {name}' for name, episodes in roles.by_role().items())
    print(f'{len(verdicts) - len(bad)} of {len(verdicts)} episodes are fit to train on ({kinds})')
    if args.report:
        write_check_page(args.report, dataset, verdicts, roles, deployment)
        print(f'page: {args.report}')
    if args.json:
        record = {
            'episodes': len(verdicts),
            'roles': roles.by_role(),
            'bad_episodes': {str(verdict.episode): list(verdict.faults) for verdict in bad},
            'findings': [finding.to_json() for verdict in bad for finding in verdict.findings],
            'lag_frames': {str(verdict.episode): verdict.lag for verdict in verdicts},
        }
        write_json(args.json, record)
    return NOT_GOOD_ENOUGH if bad else DONE


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'check dataset',
        'Name every episode whose numbers or images cannot be trained on, and say what to do.',
        'vla check dataset datasets/real --report runs/real.html',
    )
    parser.add_argument('dataset', type=Path, help='folder of a LeRobotDataset v3')
    add_deployment(parser)
    parser.add_argument(
        '--report', type=file_to_write('.html'), help='page of findings to write, HTML'
    )
    parser.add_argument('--json', type=file_to_write(), help='also write the findings here')
    args = parser.parse_args(argv)
    return run_command(lambda: check_dataset(args))


if __name__ == '__main__':
    sys.exit(main())
