"""What all samples of a capture session have in common, from its settings."""

from datetime import datetime
from pathlib import Path

from vla_calibration.board.options import board_options
from vla_calibration.capture.config import CaptureConfig
from vla_calibration.capture.folder import INTRINSICS, Session
from vla_contract.contract import Camera, RobotContract


def session_camera(contract: RobotContract, config: CaptureConfig) -> Camera:
    """Return the camera the settings name; the contract's first where they name none.

    Raises:
        UnknownNameError: the contract has no such camera.
    """
    return contract.camera(config.camera) if config.camera else contract.cameras[0]


def session_folder(contract: RobotContract, config: CaptureConfig, now: datetime) -> Path:
    """Return where samples go: the folder of the settings, or a new one of this time."""
    if config.output:
        return Path(config.output).expanduser()
    camera = session_camera(contract, config).name
    time = now.strftime('%Y%m%d-%H%M%S')
    return Path('calibration_data') / contract.name / camera / 'captures' / time


def next_command(folder: Path, config: CaptureConfig) -> str:
    """Return what to type when a session is complete."""
    if config.setup != INTRINSICS:
        return f'vla camera hand-eye {folder}'
    options = board_options(config.board_object)
    return f'vla camera intrinsics {folder / "images"} {options}'


def make_session(contract: RobotContract, config: CaptureConfig) -> Session:
    """Return what all samples of a session have in common.

    Raises:
        BoardError, UnknownNameError: the settings name no board or no camera.
    """
    camera = session_camera(contract, config)
    return Session(
        schema=1,
        robot=contract.name,
        contract_sha256=contract.sha256,
        camera=camera.name,
        setup=config.setup,
        base_frame=contract.model.base_frame,
        tool_frame=config.tool_frame or contract.model.tool_frame,
        camera_frame=camera.frame,
        board=config.board_object,
    )
