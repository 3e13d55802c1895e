"""Draft the file of a policy from its LeRobot checkpoint, and the dataset it was trained on."""

import argparse
from pathlib import Path
import sys

from vla_contract.cli.command import command_parser, DONE, NOT_GOOD_ENOUGH, run_command
from vla_contract.cli.path_types import file_to_write
from vla_contract.whole_file import require_free, write_whole


def draft(args: argparse.Namespace) -> int:
    """Read checkpoint and dataset, write the policy file, and say what in it is guessed.

    Raises:
        VlaError: something cannot be read, or nobody says whose joints they are; nothing is
            written.
    """
    from vla_contract.errors import VlaError
    from vla_lerobot.checkpoints.source import checkpoint_folder, resolve_checkpoint
    from vla_lerobot.drafting.checkpoint_facts import read_checkpoint
    from vla_lerobot.drafting.dataset_facts import read_dataset
    from vla_lerobot.drafting.draft import (
        draft_policy,
        name_of,
        place_of,
        preset_of,
        source_from,
        try_to_load,
        usual_place,
    )
    from vla_lerobot.drafting.policy_text import policy_text

    folder = checkpoint_folder(resolve_checkpoint(args.checkpoint))
    out = args.output or usual_place(folder, args.checkpoint)
    require_free(out, args.force)
    checkpoint = read_checkpoint(folder, args.checkpoint)
    dataset = read_dataset(args.dataset) if args.dataset else None
    place = place_of(checkpoint, dataset, args.robot, args.cell)
    name, source = name_of(folder, out), source_from(folder, args.checkpoint, out)
    origin = f'{args.checkpoint} ({checkpoint.kind})'
    origin += f' and {args.dataset}' if args.dataset else ''
    origin += f' for {place.words}'
    drafted = draft_policy(checkpoint, dataset, place, name, source, origin)
    write_whole(out, policy_text(drafted))
    for guess in drafted.guesses:
        print(guess)
    print(f'{out}: {len(drafted.guesses)} guesses; look for "guess" in it')
    loaded = try_to_load(out, place, drafted)
    missing = drafted.missing or ([str(loaded)] if isinstance(loaded, VlaError) else [])
    for sentence in missing:
        print(f'to be filled in: {sentence}')
    if missing or isinstance(loaded, VlaError):
        return NOT_GOOD_ENOUGH
    if preset := preset_of(loaded, place.cell):
        print(f'the same as preset: {preset}')
    print(f'it loads with {place.words}; next: vla check policy')
    return DONE


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'draft policy',
        'Draft the file of a policy from its LeRobot checkpoint, and the dataset it comes from.',
        'vla draft policy runs/act --dataset datasets/lift_cube --cell panda_table',
    )
    parser.add_argument('checkpoint', help='name under models/, folder or hub id; nothing runs')
    parser.add_argument('--dataset', type=Path, help='LeRobotDataset that it was trained on')
    whose = parser.add_mutually_exclusive_group()
    whose.add_argument('--robot', default='', help='name under config/robots, or path of a file')
    whose.add_argument('--cell', default='', help='name under config/cells, or path of a file')
    parser.add_argument(
        '--output',
        type=file_to_write('.yaml', '.yml'),
        help='by default vla_policy.yaml beside the checkpoint',
    )
    parser.add_argument('--force', action='store_true', help='replace the file')
    args = parser.parse_args(argv)
    return run_command(lambda: draft(args))


if __name__ == '__main__':
    sys.exit(main())
