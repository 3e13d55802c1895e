"""Sway each joint, or play an excitation trajectory, through the action filter, and record it."""

import argparse
from pathlib import Path
import sys

import rclpy
from vla_contract.cli import number_types
from vla_contract.cli.command import command_parser, DONE, NOT_GOOD_ENOUGH, run_command
from vla_contract.cli.deployment_arguments import add_cell, cell_of
from vla_contract.cli.path_types import file_to_write
from vla_contract.deployment.cell import Cell
from vla_contract.errors import VlaError
from vla_contract.joints.trajectory import excitation_of, InTurn, joint_move, JointTrajectory
from vla_contract.ros.node.graph_arguments import parse_in_graph
from vla_contract.values import Vector
from vla_contract.whole_file import require_free
from vla_identification.excitation.joint_track import load_track
from vla_identification.joints.check_joints import report
from vla_identification.joints.ros.exciter import Exciter
from vla_identification.motion_recording import MotionRecording, save_recording

_LARGEST_AMPLITUDE = 0.2
# What tells joints apart without getting near anything [rad or m], [s].
AMPLITUDE, PERIOD_S = 0.05, 2.0
# Share of the velocity limits on the way to the start of a motion.
_APPROACH_SPEED = 0.15


def _planned(args: argparse.Namespace, cell: Cell, centre: Vector) -> tuple[JointTrajectory, str]:
    """Return the motion of the arguments from where the arm stands, and what to say of it."""
    if args.motion:
        track = load_track(args.motion, cell.joint_names)
        approach = joint_move(cell, centre, track.at(0.0), _APPROACH_SPEED)
        text = f'the arm will go to the start of {args.motion} and play it'
        return InTurn((approach, track)), text
    sway = excitation_of(cell, centre, args.joint, args.amplitude, args.period_s)
    names = ', '.join(cell.joints[i].name for i in sway.joints)
    text = f'the arm will sway {names} by {sway.amplitude:g} rad or m, one after the other,'
    return sway, text


def _may_move(motion: JointTrajectory, text: str) -> bool:
    print(f'{text} for {motion.duration_s:.0f} s')
    return input('is the space around it free? [y/N] ').strip().lower() in ('y', 'yes')


def record_sway(cell: Cell) -> MotionRecording:
    """Sway every joint, one after the other, and return what was recorded; rclpy has begun.

    Raises:
        VlaError: the action filter does not listen, somebody else commands the arm, or it stops.
    """
    node = Exciter(cell, cell.cameras[0])
    try:
        return node.run(excitation_of(cell, node.get_ready(), [], AMPLITUDE, PERIOD_S))
    finally:
        node.destroy_node()


def run(args: argparse.Namespace) -> int:
    """Excite, record and report."""
    if not 0.0 < args.amplitude <= _LARGEST_AMPLITUDE:
        raise VlaError(
            f'--amplitude: found {args.amplitude:g}; allowed: 0 to {_LARGEST_AMPLITUDE:g} rad or m'
        )
    require_free(args.output, args.force)
    cell = cell_of(args)
    camera = cell.camera(args.camera) if args.camera else cell.cameras[0]
    rclpy.init(args=args.ros_arguments)
    try:
        node = Exciter(cell, camera)
        centre = node.get_ready()
        motion, text = _planned(args, cell, centre)
        if not (args.yes or _may_move(motion, text)):
            print('nothing was moved')
            return NOT_GOOD_ENOUGH
        recording = node.run(motion)
        node.destroy_node()
    finally:
        rclpy.try_shutdown()
    save_recording(args.output, recording)
    print(f'recording: {args.output}')
    if args.motion:
        return DONE
    return report(recording, args.json)


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'arm excite',
        'Sway each joint of the arm a little through the action filter, and tell which joint '
        'moved, which way round, and how late joint_states and images are. It asks before '
        'anything moves; the policy server must not run. Status 1 when a joint did what it '
        'should not.',
        'vla arm excite --output runs/excitation.npz',
    )
    add_cell(parser)
    parser.add_argument('--camera', default='', help='camera that sees the arm, default: first')
    parser.add_argument('--joint', action='append', default=[], help='only this one; repeatable')
    parser.add_argument('--amplitude', type=float, default=AMPLITUDE, help='of the sway [rad]')
    parser.add_argument(
        '--period-s',
        type=number_types.real(0.5, 60.0, 's'),
        default=PERIOD_S,
        help='of the sway [s]',
    )
    parser.add_argument(
        '--motion',
        type=Path,
        help='play this instead, as vla arm excitation writes it',
    )
    parser.add_argument(
        '--output', type=file_to_write('.npz'), default=Path('excitation.npz'), help='recording'
    )
    parser.add_argument('--json', type=file_to_write(), help='write the figures here')
    parser.add_argument('--yes', action='store_true', help='move without asking')
    parser.add_argument('--force', action='store_true', help='replace the recording')
    args = parse_in_graph(parser, argv)
    return run_command(lambda: run(args))


if __name__ == '__main__':
    sys.exit(main())
