"""Are the cameras calibrated well enough?"""

from collections.abc import Iterator

from vla_contract.cameras.calibration_file import load_calibration, resolve_calibration
from vla_contract.check import Check, measured, skipped
from vla_contract.deployment.cell import Cell
from vla_contract.errors import VlaError

_REPROJECTION_PX, _HAND_EYE_MM = 0.5, 5.0
_FIX = 'calibrate the camera: vla camera intrinsics, vla camera hand-eye'


def check_calibrations(cell: Cell) -> Iterator[Check]:
    """Yield reprojection error and hand-eye error of every camera of a cell."""
    for camera in cell.cameras:
        lens_item = f'reprojection error of camera {camera.name}'
        pose_item = f'hand-eye error of camera {camera.name}'
        pixels, millimetres = f'< {_REPROJECTION_PX} px', f'< {_HAND_EYE_MM:g} mm at 95 %'
        try:
            calibration = load_calibration(resolve_calibration(f'{cell.name}/{camera.name}'))
        except VlaError as error:
            yield skipped(lens_item, str(error), pixels, _FIX)
            yield skipped(pose_item, str(error), millimetres, _FIX)
            continue
        lens, pose = calibration.lens, calibration.extrinsics
        if lens.rms_px is None:
            yield skipped(lens_item, 'not stated in the calibration', pixels, _FIX)
        else:
            holds = lens.accepted and lens.rms_px < _REPROJECTION_PX
            found = '; '.join([f'{lens.rms_px:.3f} px', *lens.reasons])
            yield measured(lens_item, holds, found, pixels, _FIX)
        if pose is None or pose.error_95_mm is None:
            yield skipped(pose_item, 'not stated in the calibration', millimetres, _FIX)
        else:
            holds = pose.accepted and pose.error_95_mm < _HAND_EYE_MM
            found = '; '.join([f'{pose.error_95_mm:.2f} mm', *pose.reasons])
            yield measured(pose_item, holds, found, millimetres, _FIX)
