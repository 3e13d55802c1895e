"""What all samples of a capture session have in common, from its settings."""

from datetime import datetime
from pathlib import Path

from vla_calibration.board.options import board_options
from vla_calibration.capture.config import CaptureConfig
from vla_calibration.capture.folder import INTRINSICS, Session
from vla_contract.deployment.cell import Camera, Cell


def session_camera(cell: Cell, config: CaptureConfig) -> Camera:
    """Return the camera the settings name; the cell's first where they name none.

    Raises:
        UnknownNameError: the cell has no such camera.
    """
    return cell.camera(config.camera) if config.camera else cell.cameras[0]


def session_folder(cell: Cell, config: CaptureConfig, now: datetime) -> Path:
    """Return where samples go: the folder of the settings, or a new one of this time."""
    if config.output:
        return Path(config.output).expanduser()
    camera = session_camera(cell, config).name
    time = now.strftime('%Y%m%d-%H%M%S')
    return Path('calibration_data') / cell.name / camera / 'captures' / time


def next_command(folder: Path, config: CaptureConfig) -> str:
    """Return what to type when a session is complete."""
    if config.setup != INTRINSICS:
        return f'vla camera hand-eye {folder}'
    options = board_options(config.board_object)
    return f'vla camera intrinsics {folder / "images"} {options}'


def make_session(cell: Cell, config: CaptureConfig) -> Session:
    """Return what all samples of a session have in common.

    Raises:
        BoardError, UnknownNameError: the settings name no board or no camera.
    """
    camera = session_camera(cell, config)
    return Session(
        schema=1,
        cell=cell.name,
        cell_sha256=cell.sha256,
        camera=camera.name,
        setup=config.setup,
        base_frame=cell.robot.model.base_frame,
        tool_frame=config.tool_frame or cell.robot.tool.frame,
        camera_frame=camera.frame,
        board=config.board_object,
    )
