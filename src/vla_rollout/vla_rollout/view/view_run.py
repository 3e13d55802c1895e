"""Look at a recorded episode in Rerun or Foxglove, or as a video with its paths drawn in."""

import argparse
from collections.abc import Callable
from pathlib import Path
import sys
from typing import TYPE_CHECKING

from vla_contract.cli import number_types
from vla_contract.cli.command import command_parser, run_command
from vla_contract.cli.deployment_arguments import add_deployment, named_parts
from vla_contract.cli.path_types import file_to_write
from vla_contract.errors import VlaError
from vla_contract.recordings.arguments import add_namespace
from vla_contract.whole_file import require_free

if TYPE_CHECKING:
    from vla_rollout.view.chosen import Chosen
    from vla_rollout.view.watched import Watched

_RRD, _MCAP, _FILMS = '.rrd', '.mcap', ('.mp4', '.gif')


def view(args: argparse.Namespace) -> int:
    """Write a file for a viewer, or open it.

    Raises:
        VlaError: the episode cannot be found or read, or the viewer's library is missing.
    """
    # What reads and draws takes a second to import: --help does not wait for it.
    from vla_rollout.view.chosen import choose_episode
    from vla_rollout.view.watched import watch_episode

    viewers = {'rerun': _in_rerun, 'foxglove': _in_foxglove, 'overlay': _as_overlay}
    show = next(make(args) for name, make in viewers.items() if getattr(args, name))
    chosen = choose_episode(args.run, args.episode, named_parts(args))
    watched = watch_episode(chosen.path, chosen.deployment.cell, chosen.alarms, args.namespace)
    if missing := show(chosen, watched):
        print(missing, file=sys.stderr)
    return 0


Show = Callable[['Chosen', 'Watched'], str]
"""Shows an episode, says where, and returns what is missing, '' for nothing."""


def _in_rerun(args: argparse.Namespace) -> Show:
    from vla_rollout.view.rerun.export import export_rrd, open_viewer
    from vla_rollout.view.rerun.library import load_rerun

    load_rerun()
    _check_output(args, _RRD)

    def show(chosen: 'Chosen', watched: 'Watched') -> str:
        if args.output is None:
            missing = open_viewer(chosen, watched, args.namespace)
            print(f'{chosen.name}: opened in the viewer of Rerun')
            return missing
        missing = export_rrd(args.output, chosen, watched, args.namespace)
        print(f'{chosen.name}: {args.output}; open it with: rerun {args.output}')
        return missing

    return show


def _in_foxglove(args: argparse.Namespace) -> Show:
    from vla_rollout.view.foxglove.export import export_mcap, layout_beside

    if args.output is None:
        raise VlaError('--foxglove: found no --output; give it a name that ends in .mcap')
    _check_output(args, _MCAP)
    require_free(layout_beside(args.output), args.force)

    def show(chosen: 'Chosen', watched: 'Watched') -> str:
        missing = export_mcap(args.output, chosen, watched, args.namespace)
        print(f'{chosen.name}: {args.output}; open it in Foxglove, and import the layout')
        print(f'layout: {layout_beside(args.output)}')
        return missing

    return show


def _as_overlay(args: argparse.Namespace) -> Show:
    from vla_rollout.view.overlay.export import export_overlay

    output: Path | None = args.output
    if output is None:
        raise VlaError('--overlay: found no --output; give it a name that ends in .mp4 or .gif')
    _check_output(args, *_FILMS)

    def show(chosen: 'Chosen', watched: 'Watched') -> str:
        export_overlay(output, chosen, watched, args.camera, args.namespace)
        print(f'{chosen.name}: {output}')
        return ''

    return show


def _check_output(args: argparse.Namespace, *endings: str) -> None:
    """Refuse a file of another kind, and one that is there.

    Raises:
        VlaError: says which.
    """
    if args.output is not None and args.output.suffix not in endings:
        allowed = ' or '.join(endings)
        raise VlaError(f'--output: found {args.output}; allowed: a name that ends in {allowed}')
    require_free(args.output, args.force)


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'view',
        'Show a recorded episode in Rerun or Foxglove, or draw its paths into a video.',
        'vla view runs/latest --episode 1 --rerun --output episode.rrd',
    )
    parser.add_argument(
        'run', type=Path, metavar='RUN', help='folder of a run, or a recording (MCAP, rosbag2)'
    )
    viewer = parser.add_mutually_exclusive_group(required=True)
    viewer.add_argument('--rerun', action='store_true', help='in Rerun')
    viewer.add_argument('--foxglove', action='store_true', help='for Foxglove, with a layout')
    viewer.add_argument(
        '--overlay', action='store_true', help='as video or GIF, with chunk and sent path drawn in'
    )
    parser.add_argument(
        '--episode', type=number_types.natural, help='number in the run, where there are several'
    )
    parser.add_argument(
        '--output',
        type=file_to_write(),
        help='.rrd, without it the viewer opens; .mcap; .mp4 or .gif',
    )
    parser.add_argument('--camera', default='', help='of --overlay; without it the first one')
    parser.add_argument('--force', action='store_true', help='replace what is there')
    add_deployment(parser)
    add_namespace(parser)
    args = parser.parse_args(argv)
    return run_command(lambda: view(args))


if __name__ == '__main__':
    sys.exit(main())
