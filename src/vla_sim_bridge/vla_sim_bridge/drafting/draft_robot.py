"""Draft the file of a robot from its maker's URDF, xacro or MJCF."""

import argparse
from pathlib import Path
import sys
from typing import Any

from vla_contract.cli.command import command_parser, DONE, NOT_GOOD_ENOUGH, run_command
from vla_contract.whole_file import require_free, write_whole
from vla_sim_bridge.drafting.model_arguments import add_model, model_of, NO_OFFSET, triple


def draft(args: argparse.Namespace) -> int:
    """Read the description, write the robot, and say what was found and how it holds still.

    Raises:
        VlaError: a file is missing or cannot be read, or a name is unknown; nothing is written.
    """
    from vla_sim_bridge.drafting.draft import draft_robot, Hints
    from vla_sim_bridge.drafting.reading.description import read_description
    from vla_sim_bridge.drafting.reading.moveit_files import read_joint_limits, read_srdf, Srdf
    from vla_sim_bridge.drafting.robot_file import robot_text
    from vla_sim_bridge.robot_checks.checklist import check_robot_file, print_checks

    srdf = read_srdf(args.srdf) if args.srdf else Srdf()
    out = _out(args)
    require_free(out, args.force)
    # Paths in the file count from its folder.
    out.parent.mkdir(parents=True, exist_ok=True)
    description = read_description(model_of(args, out.parent), out.parent)
    hints = Hints(
        joint_limits=read_joint_limits(args.joint_limits) if args.joint_limits else {},
        grippers=(*args.gripper, *srdf.grippers),
        tools=tuple(args.tool_body),
        tips=srdf.tips,
        tool_offset_m=args.tool_offset,
    )
    found = draft_robot(description, hints)
    write_whole(out, robot_text(args.name or out.stem, description.model, found))
    for hand in found.hands:
        joints = ', '.join(found.tree.name(joint) for joint in hand.arm.joints)
        gripper = hand.arm.gripper
        closed = f'; closed by {found.tree.name(gripper.leader)}' if gripper else '; no gripper'
        print(f'{hand.arm.name or "arm"}: {joints}{closed}; tool {hand.tool.frame}')
    guessed = _guesses(found)
    print(f'{out}: {guessed} limits are guessed; look for "guessed" in it')
    checks = check_robot_file(str(out))
    print_checks(checks)
    return DONE if all(check.is_good_enough for check in checks) else NOT_GOOD_ENOUGH


def _guesses(found: Any) -> int:
    kinds = ('lower', 'upper', 'velocity', 'acceleration', 'jerk', 'effort')
    return sum(getattr(v, kind).is_guessed for v in found.limits.values() for kind in kinds)


def _out(args: argparse.Namespace) -> Path:
    if args.out is not None:
        return Path(args.out)
    name = args.name or Path(args.file).name.split('.')[0]
    return Path('config/robots') / f'{name}.yaml'


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'draft robot',
        "Draft the file of a robot from its maker's URDF, xacro or MJCF.",
        'vla draft robot my_arm.urdf --joint-limits joint_limits.yaml --out robots/my_arm.yaml',
    )
    add_model(parser)
    parser.add_argument('--name', default='', help="of the robot; by default the file's")
    parser.add_argument('--out', default=None, help='by default config/robots/NAME.yaml')
    parser.add_argument('--force', action='store_true', help='replace the file')
    parser.add_argument('--joint-limits', type=Path, help="MoveIt's joint_limits.yaml")
    parser.add_argument('--srdf', type=Path, help="MoveIt's SRDF: end effectors and tips")
    parser.add_argument(
        '--gripper', nargs='+', default=[], metavar='JOINT', help='joints that close fingers'
    )
    parser.add_argument(
        '--tool-body', nargs='+', default=[], metavar='BODY', help='link that is the tool'
    )
    parser.add_argument(
        '--tool-offset', type=triple, default=NO_OFFSET, metavar='X,Y,Z', help='from it [m]'
    )
    args = parser.parse_args(argv)
    return run_command(lambda: draft(args))


if __name__ == '__main__':
    sys.exit(main())
