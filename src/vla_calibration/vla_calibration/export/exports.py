"""Every format a calibration can be exported to; a new one is a row in `FORMATS`."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from vla_calibration.calibration_file import lens_of
from vla_calibration.export.to_calibrators import kalibr_camchain, mrcal_cameramodel
from vla_calibration.export.to_ros import easy_handeye2, static_transform_command, urdf
from vla_calibration.export.to_simulators import mujoco_camera, sdf_sensor
from vla_calibration.geometry.pose import Pose
from vla_calibration.lens.camera_info import camera_info_text, CameraInfo
from vla_contract.cameras.calibration import CameraCalibration
from vla_contract.errors import UnknownNameError, VlaError
from vla_contract.whole_file import require_free, write_whole


@dataclass(frozen=True)
class ExportOptions:
    """What the file of a camera does not know about the robot it goes to.

    Attributes:
        link: pose of the optical frame in the camera's own root frame, where a driver publishes
            it; None where nobody does.
        other_frame: of base and tool the frame that does not carry the camera.
    """

    link: Pose | None = None
    other_frame: str = ''


Text = Callable[[CameraCalibration, ExportOptions], str]


def _camera_info(calibration: CameraCalibration, options: ExportOptions) -> str:
    lens = calibration.lens
    provenance = asdict(lens.provenance)
    provenance['images'] = [asdict(image) for image in lens.provenance.images]
    provenance['rejected'] = [asdict(view) for view in lens.provenance.rejected]
    provenance |= {'calibration_id': calibration.id, 'rms_px': lens.rms_px}
    return camera_info_text(CameraInfo(calibration.camera, lens_of(calibration), provenance))


@dataclass(frozen=True)
class Format:
    """One format.

    Attributes:
        file_name: what the file is called.
        text: makes its content.
        purpose: for --help.
    """

    file_name: str
    text: Text
    purpose: str


FORMATS = {
    'camera_info': Format(
        'camera_info.yaml', _camera_info, 'intrinsics for camera_info_manager and drivers'
    ),
    'static_transform': Format(
        'static_transform.sh',
        lambda calibration, options: static_transform_command(calibration, options.link),
        'command line of tf2_ros static_transform_publisher',
    ),
    'urdf': Format(
        'camera.urdf', lambda calibration, options: urdf(calibration, options.link), 'joint'
    ),
    'easy_handeye2': Format(
        'easy_handeye2.calib',
        lambda calibration, options: easy_handeye2(calibration, options.other_frame),
        'saved calibration of easy_handeye2',
    ),
    'kalibr': Format(
        'camchain.yaml', lambda calibration, _: kalibr_camchain(calibration), "Kalibr's camchain"
    ),
    'mrcal': Format(
        'camera.cameramodel', lambda calibration, _: mrcal_cameramodel(calibration), 'of mrcal'
    ),
    'mujoco': Format(
        'camera.mjcf', lambda calibration, _: mujoco_camera(calibration), 'camera of MuJoCo'
    ),
    'sdf': Format(
        'camera.sdf', lambda calibration, _: sdf_sensor(calibration), 'camera sensor of Gazebo'
    ),
}


def export(
    calibration: CameraCalibration,
    formats: list[str],
    folder: Path,
    options: ExportOptions,
    force: bool = False,
) -> list[Path]:
    """Write a calibration in some formats: all of them, or none.

    Args:
        calibration: what to write.
        formats: names; none for every format that can hold the lens.
        folder: where to.
        options: what the file does not know of the robot.
        force: replace files.

    Raises:
        UnknownNameError: there is no such format; lists those that exist.
        VlaError: a file exists and `force` is not set.
    """
    chosen = formats or list(FORMATS)
    for name in chosen:
        if name not in FORMATS:
            raise UnknownNameError('format', name, 'vla_calibration', FORMATS)
    texts: dict[Path, str] = {}
    for name in chosen:
        try:
            text = FORMATS[name].text(calibration, options)
        except VlaError:
            # Of all formats those that can hold this lens; one that was asked for must.
            if formats:
                raise
            continue
        texts[folder / FORMATS[name].file_name] = text
    for path in texts:
        require_free(path, force)
    for path, text in texts.items():
        write_whole(path, text)
    return list(texts)
