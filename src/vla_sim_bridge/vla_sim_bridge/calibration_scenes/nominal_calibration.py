"""Write the exact calibration of the cameras of a simulated world.

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
from vla_contract.contract import load_contract, RobotContract
from vla_sim_bridge.cameras.placed_camera import place_cameras, PlacedCamera
from vla_sim_bridge.scene.world_config import load_world_config


def nominal_calibration(
    contract: RobotContract, placed: PlacedCamera, provenance: Provenance
) -> CameraCalibration:
    """Return the calibration of a camera as it stands in the simulator: exact, no covariance."""
    camera, intrinsics = placed.camera, placed.intrinsics
    x, y, z = placed.T_parent_camera[:3, 3].tolist()
    qx, qy, qz, qw = placed.quaternion_xyzw.tolist()
    is_on_tool = placed.parent == contract.model.tool_frame
    return CameraCalibration(
        schema=1,
        robot=contract.name,
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
    """Write one file per camera of the contract."""
    contract = load_contract(args.robot)
    provenance = Provenance(
        date=datetime.now(UTC).isoformat(timespec='seconds'),
        method=f'nominal_calibration of world {args.world}: exact, nothing was measured',
        software=f'vla_sim_bridge {version("vla_sim_bridge")}',
    )
    for name, placed in place_cameras(contract, load_world_config(args.world)).items():
        path = args.output / contract.name / name / FILE_NAME
        calibration = nominal_calibration(contract, placed, provenance)
        save_calibration(calibration, path, args.force)
        print(f'{path}  {calibration.id}')
    return DONE


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'camera nominal',
        'Write the calibration that the cameras of a world have in the simulator.',
        'vla camera nominal --robot panda_2f85 --world lift_cube',
    )
    parser.add_argument('--robot', default='panda_2f85', help='name or path of a contract')
    parser.add_argument('--world', default='lift_cube', help='name or path of a world')
    parser.add_argument('--output', type=Path, default=Path(FOLDER), help='folder to write into')
    parser.add_argument('--force', action='store_true', help='replace files that exist')
    args = parser.parse_args(argv)
    return run_command(lambda: write_nominal(args))


if __name__ == '__main__':
    sys.exit(main())
