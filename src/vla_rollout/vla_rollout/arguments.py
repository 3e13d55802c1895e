"""Arguments that commands with episodes share."""

import argparse
from collections.abc import Sequence
import math
from pathlib import Path
import sys
from typing import Any

from vla_contract.cli import number_types
from vla_contract.cli.deployment_arguments import add_deployment, named_parts
from vla_contract.cli.number_types import real, whole
from vla_contract.cli.path_types import file_to_write, folder_to_write
from vla_policy_server.serving.chunk_scheduler import MODES

# Longer than any chunk counts: in such a run no answer comes in time, which it then says.
_LONGEST_LATENCY_S = 60.0
# Ten seconds at 100 Hz; more than a policy's chunk has is refused when its length is known.
_MOST_STEPS = 1000


def add_episodes(parser: argparse.ArgumentParser, episodes: int = 20) -> None:
    """Add what says how many episodes run and where results go."""
    parser.add_argument(
        '--episodes', type=number_types.episodes, default=episodes, help='how many to run'
    )
    parser.add_argument(
        '--first-seed', type=number_types.seed, default=0, help='the next ones follow it'
    )
    parser.add_argument(
        '--runs', type=folder_to_write, default=Path('runs'), help='folder of the runs'
    )
    parser.add_argument('--json', type=file_to_write(), help='also write the result here')


def add_least(parser: argparse.ArgumentParser) -> None:
    """Add --least, for who counts episodes in continuous integration."""
    parser.add_argument(
        '--least',
        type=number_types.share,
        metavar='SHARE',
        help='success rate below which the exit status is 1, such as 0.9',
    )


def add_setup(parser: argparse.ArgumentParser) -> None:
    """Add what names the deployment and its parts, what is randomised, and the device."""
    add_deployment(parser)
    parser.add_argument('--randomization', default='none', help='name under config/randomization')
    parser.add_argument('--device', default='cpu', help='torch device of the policy')


def add_one_worker(parser: argparse.ArgumentParser) -> None:
    """Add --workers for commands that drive one graph: there is one robot."""
    parser.add_argument('--workers', type=int, default=1, choices=[1], help='one graph, one robot')


def add_record(parser: argparse.ArgumentParser) -> None:
    """Add --record for commands that have a recorder beside them."""
    parser.add_argument('--record', action='store_true', help='every episode into an MCAP file')


def add_loop(parser: argparse.ArgumentParser) -> None:
    """Add what `build_loop` needs beside `add_setup`."""
    parser.add_argument(
        '--precision',
        default='',
        help='how the network is computed; vla policy benchmark',
    )
    parser.add_argument('--mode', default='async', choices=MODES, help='when inference starts')
    parser.add_argument(
        '--execute-steps',
        type=whole(1, _MOST_STEPS),
        default=4,
        help="steps per inference, up to those of the policy's chunk",
    )
    parser.add_argument(
        '--latency-s',
        type=real(0.0, _LONGEST_LATENCY_S, 's'),
        default=0.06,
        help='simulated inference time',
    )
    parser.add_argument(
        '--filter', default='default', help='default, off, or a parameter file of action_filter'
    )
    parser.add_argument(
        '--speed', type=_share, default=1.0, help='share of the velocity limits, as on a new robot'
    )
    parser.add_argument('--blank-images', action='store_true', help='black images: must fail')


def _share(text: str) -> float:
    """Parse a share above 0, for argparse."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.0 < value <= 1.0:
        raise argparse.ArgumentTypeError(f'found {text}; allowed: above 0, up to 1')
    return value


def loop_settings(args: argparse.Namespace) -> dict[str, Any]:
    """Return the settings of `build_loop` from parsed arguments."""
    names = ('randomization', 'device', 'filter', 'precision', 'mode', 'execute_steps')
    return {
        **named_parts(args),
        **{name: getattr(args, name) for name in (*names, 'latency_s', 'blank_images', 'speed')},
    }


def parse_resumable(
    parser: argparse.ArgumentParser, argv: Sequence[str] | None
) -> argparse.Namespace:
    """Add --resume and parse; `arguments` of the answer are the words, for the journal."""
    parser.add_argument(
        '--resume',
        type=Path,
        metavar='FOLDER',
        help='go on with an interrupted run, as it was called',
    )
    words = list(sys.argv[1:] if argv is None else argv)
    args = parser.parse_args(words)
    args.arguments = words
    return args
