"""Export a camera calibration to ROS, URDF, MuJoCo, Gazebo and easy_handeye2."""

import argparse
import sys

import numpy as np
from vla_calibration.export.exports import export, ExportOptions, FORMATS
from vla_calibration.export.to_ros import T_BODY_OPTICAL
from vla_calibration.geometry.pose import Pose
from vla_calibration.named_cell import add_named_cell, named_cell
from vla_contract.cameras.calibration import CameraCalibration
from vla_contract.cameras.calibration_file import load_calibration, resolve_calibration
from vla_contract.cli.command import command_parser, DONE, NOT_GOOD_ENOUGH, run_command, write_json
from vla_contract.cli.path_types import file_to_write, folder_to_write
from vla_contract.deployment.cell import load_cell
from vla_contract.errors import VlaError


def run(args: argparse.Namespace) -> int:
    """Export; status 1 where the calibration was never accepted and --anyway is not given."""
    path = resolve_calibration(args.calibration)
    calibration = load_calibration(path)
    if not calibration.accepted and not args.anyway:
        reasons = (*calibration.lens.reasons, *calibration.require_extrinsics().reasons)
        print(f'{path} is not accepted ({"; ".join(reasons) or "no reason given"}); see --anyway')
        return NOT_GOOD_ENOUGH
    formats = args.formats or []
    folder = args.output or path.parent / 'exports'
    written = export(calibration, formats, folder, _options(args, calibration), args.force)
    for each in written:
        print(each)
    if args.json:
        names = {each.file_name: name for name, each in FORMATS.items()}
        files = {names[path.name]: str(path) for path in written}
        write_json(args.json, {'calibration_id': calibration.id, 'files': files})
    return DONE


def _options(args: argparse.Namespace, calibration: CameraCalibration) -> ExportOptions:
    pose = calibration.require_extrinsics()
    link = None
    if args.camera_link:
        link = link_pose(args.camera_link, pose.child, args.link_to_optical)
    other = args.other_frame
    if not other and 'easy_handeye2' in (args.formats or FORMATS):
        robot = (named_cell(args) or load_cell(calibration.cell)).robot
        other = robot.tool.frame if pose.mount == 'eye-to-hand' else robot.model.base_frame
    return ExportOptions(link, other)


def link_pose(camera_link: str, optical: str, values: list[float] | None) -> Pose:
    """Return the pose of the optical frame in the camera's root frame.

    Args:
        camera_link: name of that root.
        optical: name of the optical frame.
        values: x y z [m] qx qy qz qw; None for REP 103 without an offset.
    """
    if values is None:
        return Pose(camera_link, optical, T_BODY_OPTICAL)
    return Pose.from_xyzw(camera_link, optical, np.array(values[:3]), np.array(values[3:]))


def _floats(text: str) -> list[float]:
    try:
        values = [float(word) for word in text.replace(',', ' ').split()]
    except ValueError:
        values = []
    if len(values) != 7:
        raise VlaError(f"--link-to-optical: found '{text}'; allowed: x,y,z,qx,qy,qz,qw")
    return values


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    formats = '\n'.join(f'  {name:<18}{each.purpose}' for name, each in FORMATS.items())
    parser = command_parser(
        'camera export',
        f'Export the calibration of a camera. Formats, by default all that hold it:\n{formats}',
        'vla camera export panda_table/top --formats urdf mujoco',
    )
    parser.add_argument('calibration', help="'cell/camera', or a calibration.yaml")
    parser.add_argument('--formats', nargs='+', metavar='FORMAT', help='some formats only')
    parser.add_argument(
        '--output', type=folder_to_write, help='folder; default: exports/ beside the file'
    )
    parser.add_argument(
        '--camera-link', default='', metavar='FRAME',
        help='root frame of a driver that publishes the optical frame itself: the pose is given '
        'to this frame instead, so that no frame gets two parents',
    )  # fmt: skip
    parser.add_argument(
        '--link-to-optical', metavar='X,Y,Z,QX,QY,QZ,QW',
        help='pose of the optical frame in --camera-link; default: the rotation of REP 103 '
        '(write --link-to-optical=-0.01,... where the first number is negative)',
    )  # fmt: skip
    parser.add_argument(
        '--other-frame', default='', help='easy_handeye2: the other robot frame, default: by cell'
    )
    add_named_cell(parser)
    parser.add_argument('--anyway', action='store_true', help='export what was not accepted')
    parser.add_argument('--force', action='store_true', help='replace files that exist')
    parser.add_argument('--json', type=file_to_write(), help='write the list of files here')
    args = parser.parse_args(argv)

    def body() -> int:
        if args.link_to_optical:
            args.link_to_optical = _floats(args.link_to_optical)
        return run(args)

    return run_command(body)


if __name__ == '__main__':
    sys.exit(main())
