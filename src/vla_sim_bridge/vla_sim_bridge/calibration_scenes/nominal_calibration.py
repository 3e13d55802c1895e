"""Write the exact calibration of the cameras of a simulated cell.

A sample to look at, and a first file for a simulated camera.
"""

import argparse
from datetime import datetime, UTC
from importlib.metadata import version
from pathlib import Path
import sys

from vla_contract.cameras.calibration import (
    CameraCalibration,
    Extrinsics,
    LensCalibration,
    Provenance,
)
from vla_contract.cameras.calibration_file import FILE_NAME, FOLDER, save_calibration
from vla_contract.cli.command import command_parser, DONE, run_command
from vla_contract.cli.deployment_arguments import add_cell, cell_of
from vla_contract.cli.path_types import folder_to_write
from vla_contract.deployment.cell import Cell
from vla_sim_bridge.cameras.placed_camera import place_cameras, PlacedCamera


def nominal_calibration(
    cell: Cell, placed: PlacedCamera, provenance: Provenance
) -> CameraCalibration:
    """Return the calibration of a camera as it stands in the simulator: exact, no covariance."""
    camera, intrinsics = placed.camera, placed.intrinsics
    x, y, z = placed.T_parent_camera[:3, 3].tolist()
    qx, qy, qz, qw = placed.quaternion_xyzw.tolist()
    is_on_tool = placed.parent == cell.robot.tool.frame
    return CameraCalibration(
        schema=1,
        cell=cell.name,
        camera=camera.name,
        lens=LensCalibration(
            model=placed.model,
            width=camera.width,
            height=camera.height,
            **intrinsics._asdict(),
            distortion=placed.distortion,
            provenance=provenance,
            rms_px=0.0,
            accepted=True,
        ),
        extrinsics=Extrinsics(
            mount='eye-in-hand' if is_on_tool else 'eye-to-hand',
            parent=placed.parent,
            child=camera.frame,
            position_m=(x, y, z),
            quaternion_xyzw=(qx, qy, qz, qw),
            provenance=provenance,
            error_95_mm=0.0,
            accepted=True,
        ),
    )


def write_nominal(args: argparse.Namespace) -> int:
    """Write one file per camera of the cell."""
    cell = cell_of(args)
    provenance = Provenance(
        date=datetime.now(UTC).isoformat(timespec='seconds'),
        method=f'nominal_calibration of cell {cell.name}: exact, nothing was measured',
        software=f'vla_sim_bridge {version("vla_sim_bridge")}',
    )
    for name, placed in place_cameras(cell).items():
        path = args.output / cell.name / name / FILE_NAME
        calibration = nominal_calibration(cell, placed, provenance)
        save_calibration(calibration, path, args.force)
        print(f'{path}  {calibration.id}')
    return DONE


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'camera nominal',
        'Write the calibration that the cameras of a cell have in the simulator.',
        'vla camera nominal --cell panda_table',
    )
    add_cell(parser)
    parser.add_argument(
        '--output', type=folder_to_write, default=Path(FOLDER), help='folder to write into'
    )
    parser.add_argument('--force', action='store_true', help='replace files that exist')
    args = parser.parse_args(argv)
    return run_command(lambda: write_nominal(args))


if __name__ == '__main__':
    sys.exit(main())
