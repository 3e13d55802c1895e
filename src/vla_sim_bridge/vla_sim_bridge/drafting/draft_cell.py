"""Draft the file of a cell around a robot: table, camera, workspace and deadlines."""

import argparse
from pathlib import Path
import sys

from vla_contract.cli.command import command_parser, DONE, run_command
from vla_contract.whole_file import require_free, write_whole


def draft(args: argparse.Namespace) -> int:
    """Write the cell.

    Raises:
        VlaError: the robot is missing or cannot be read; nothing is written.
    """
    from vla_contract.deployment.robot import KIND
    from vla_contract.share import find_config
    from vla_sim_bridge.drafting.cell_file import cell_text, file_name
    from vla_sim_bridge.drafting.tool_places import load_robot_file, tool_places

    source = find_config(KIND, args.robot)
    out = Path(args.out) if args.out else Path('config/cells') / f'{source.stem}_table.yaml'
    require_free(out, args.force)
    robot = load_robot_file(source)
    text = cell_text(out.stem, file_name(args.robot, out), robot, tool_places(robot))
    write_whole(out, text)
    print(f'{out}: measure the table, the camera and the free space, and write them there')
    return DONE


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'draft cell',
        'Draft the file of a cell around a robot: table, camera, workspace and deadlines.',
        'vla draft cell robots/my_arm.yaml --out cells/my_arm_table.yaml',
    )
    parser.add_argument('robot', help='name under config/robots, or path of a file')
    parser.add_argument('--out', default=None, help='by default config/cells/ROBOT_table.yaml')
    parser.add_argument('--force', action='store_true', help='replace the file')
    args = parser.parse_args(argv)
    return run_command(lambda: draft(args))


if __name__ == '__main__':
    sys.exit(main())
