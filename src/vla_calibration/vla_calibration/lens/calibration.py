"""Intrinsics as they stand in the calibration file of a camera."""

from vla_calibration.board.boards import Board
from vla_calibration.calibration_file import describe_lens, describe_source, save_lens, Verdict
from vla_calibration.camera_target import CameraTarget
from vla_calibration.lens.fit.intrinsics import Intrinsics
from vla_calibration.lens.image_set import ImageSet
from vla_contract.cameras.calibration import LensCalibration


def save_intrinsics(
    target: CameraTarget, result: Intrinsics, images: ImageSet, board: Board, force: bool
) -> None:
    """Begin the calibration file of a camera with a lens and its evidence.

    Raises:
        VlaError: the file exists and `force` is not set.
    """
    lens = describe_intrinsics(result, images, board)
    save_lens(target.path, target.cell, target.camera, lens, force)


def describe_intrinsics(result: Intrinsics, images: ImageSet, board: Board) -> LensCalibration:
    """Return the lens with its evidence, as the calibration file holds it."""
    names = [image.path.name for image in images.used]
    rejected = {image.path.name: image.problem for image in images.skipped}
    for view in set(range(len(names))) - set(result.kept.tolist()):
        rejected[names[view]] = f'{result.view_rms[view]:.2f} px off: does not belong'
    used = [images.used[view].path for view in result.kept]
    return describe_lens(
        result.lens,
        describe_source('vla camera intrinsics', board, used, rejected),
        Verdict(result.accepted, tuple(result.reasons)),
        result.fit.rms,
        result.held_out_rms_px,
        result.covariance,
        result.warp_mm,
    )
