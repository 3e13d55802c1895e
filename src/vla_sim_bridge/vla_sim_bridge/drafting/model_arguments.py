"""The section `model` of a robot's file from the options of a command."""

import argparse
import os
from pathlib import Path
from typing import Any

NO_OFFSET = (0.0, 0.0, 0.0)


def triple(text: str) -> tuple[float, float, float]:
    """Return three numbers of an option: x,y,z."""
    try:
        x, y, z = (float(part) for part in text.split(','))
    except ValueError:
        raise argparse.ArgumentTypeError(f'found {text!r}; allowed: x,y,z') from None
    return x, y, z


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add the file, what of it is used, and a gripper in a file of its own."""
    parser.add_argument('file', help='URDF, xacro or MJCF: a path, package://PKG/path')
    parser.add_argument('--package', default='', help='Python package that FILE is in')
    parser.add_argument('--base-frame', default='', help='name of the base frame in ROS')
    parser.add_argument('--base-body', default='', help="root body; 'world': the whole file")
    parser.add_argument(
        '--xacro-argument', nargs='+', default=[], metavar='NAME:=VALUE', help='of a xacro file'
    )
    hand = parser.add_argument_group('a gripper in a file of its own')
    hand.add_argument('--hand-file', default='', help='URDF, xacro or MJCF')
    hand.add_argument('--hand-package', default='', help='Python package that it is in')
    hand.add_argument('--hand-body', default='', help='what of it is used; all')
    hand.add_argument('--hand-to-body', default='', help='body of the arm that carries it')
    hand.add_argument('--hand-to-site', default='', help='instead: site that carries it')
    hand.add_argument(
        '--hand-position', type=triple, default=NO_OFFSET, metavar='X,Y,Z', help='there [m]'
    )
    hand.add_argument(
        '--hand-rpy-deg', type=triple, default=NO_OFFSET, metavar='R,P,Y', help='there [deg]'
    )


def model_of(args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Return the section as plain values; paths count from a folder.

    Raises:
        ContractError: the ending of a file is none of a description.
    """
    from vla_sim_bridge.drafting.reading.description import format_of

    model: dict[str, Any] = {'package': args.package} if args.package else {}
    path = args.file if args.package else _from_folder(args.file, folder)
    model[format_of(args.file)] = path
    if args.xacro_argument:
        model['xacro_arguments'] = list(args.xacro_argument)
    if args.base_frame:
        model['base_frame'] = args.base_frame
    if args.base_body:
        model['base_body'] = args.base_body
    if args.hand_file:
        model['parts'] = [_hand(args, folder)]
    return model


def _hand(args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    from vla_sim_bridge.drafting.reading.description import format_of

    hand: dict[str, Any] = {'package': args.hand_package} if args.hand_package else {}
    file = args.hand_file if args.hand_package else _from_folder(args.hand_file, folder)
    hand |= {format_of(args.hand_file): file, 'prefix': 'gripper/'}
    if args.hand_body:
        hand['body'] = args.hand_body
    hand |= {'to_site': args.hand_to_site} if args.hand_to_site else {'to_body': args.hand_to_body}
    if args.hand_position != NO_OFFSET:
        hand['position_m'] = list(args.hand_position)
    if args.hand_rpy_deg != NO_OFFSET:
        hand['rpy_deg'] = list(args.hand_rpy_deg)
    return hand


def _from_folder(file: str, folder: Path) -> str:
    """Return a path as a robot's file names it: relative where both are in one tree."""
    if file.startswith('package://') or Path(file).is_absolute():
        return file
    here, there = folder.resolve(), Path(file).resolve()
    return os.path.relpath(there, here)
