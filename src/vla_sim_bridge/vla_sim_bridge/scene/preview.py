"""Render randomised scenes into a contact sheet, or print the table of terms."""

import argparse
from pathlib import Path
import sys

import cv2
import numpy as np
from vla_contract.cli import number_types
from vla_contract.cli.command import command_parser, DONE, run_command, write_json
from vla_contract.cli.deployment_arguments import add_scene, deployment_of
from vla_contract.cli.path_types import file_to_write
from vla_contract.cli.progress import watched
from vla_contract.errors import VlaError
from vla_contract.values import Image
from vla_sim_bridge.cameras.renderer import CameraRenderer
from vla_sim_bridge.randomization.randomization import load_randomization
from vla_sim_bridge.randomization.term_table import term_table
from vla_sim_bridge.scene.world import World

SHIPPED = ('narrow', 'tutorial', 'wide')
_LABEL_PX = 18


def contact_sheet(tiles: list[tuple[str, Image]], columns: int) -> Image:
    """Return the tiles in rows, each with its label above, shape (H, W, 3)."""
    labelled = []
    for label, image in tiles:
        bar = np.full((_LABEL_PX, image.shape[1], 3), 30, dtype=np.uint8)
        cv2.putText(
            bar, label, (4, 13), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (230, 230, 230), 1, cv2.LINE_AA
        )
        labelled.append(np.concatenate([bar, image]))
    blank = np.zeros_like(labelled[0])
    labelled += [blank] * (-len(labelled) % columns)
    rows = [
        np.concatenate(labelled[i : i + columns], axis=1) for i in range(0, len(labelled), columns)
    ]
    sheet: Image = np.concatenate(rows)
    return sheet


def preview(args: argparse.Namespace) -> int:
    """Render the scenes and write the sheet, and the manifests beside it.

    Raises:
        VlaError: a name is unknown, or the output exists.
    """
    if args.terms:
        print(term_table(load_randomization(name) for name in SHIPPED))
        return DONE
    randomization = load_randomization(args.randomization)
    if args.output.exists() and not args.force:
        raise VlaError(f'{args.output} exists; name another file or give --force')
    world = World(deployment_of(args), randomization)
    renderer = CameraRenderer(world)
    tiles, manifests = [], []
    for seed in watched(range(args.first_seed, args.first_seed + args.scenes), 'scenes'):
        manifests.append(world.reset(seed))
        for name, image in renderer.render(world.data.qpos).items():
            scale = args.tile_px / image.shape[0]
            small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            tiles.append((f'seed {seed}  {name}', small))
    args.output.parent.mkdir(parents=True, exist_ok=True)
    sheet = contact_sheet(tiles, args.columns)
    cv2.imwrite(str(args.output), sheet[..., ::-1])
    values = args.output.with_suffix('.json')
    write_json(values, {'randomization': randomization.name, 'manifests': manifests})
    print(f'{len(tiles)} pictures in {args.output}, their values in {values}')
    return DONE


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'sim preview',
        'Render randomised scenes into a contact sheet, or print the table of terms.',
        'vla sim preview --randomization tutorial --scenes 24 --output sheet.png',
    )
    parser.add_argument('--randomization', default='tutorial', help='under config/randomization')
    parser.add_argument(
        '--terms',
        action='store_true',
        help='print what can be randomised, and how far the shipped configurations do',
    )
    parser.add_argument('--scenes', type=number_types.whole(1, 1000), default=24, help='how many')
    parser.add_argument(
        '--first-seed', type=number_types.seed, default=0, help='the next ones follow it'
    )
    parser.add_argument(
        '--columns', type=number_types.whole(1, 100), default=6, help='pictures in a row'
    )
    parser.add_argument(
        '--tile-px', type=number_types.whole(16, 2000), default=192, help='height of a picture'
    )
    parser.add_argument(
        '--output',
        type=file_to_write('.png', '.jpg', '.jpeg'),
        default=Path('runs/preview.png'),
        help='picture to write; what was drawn stands beside it as JSON',
    )
    parser.add_argument('--force', action='store_true', help='overwrite the output')
    add_scene(parser)
    args = parser.parse_args(argv)
    return run_command(lambda: preview(args))


if __name__ == '__main__':
    sys.exit(main())
