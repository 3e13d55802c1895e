"""Whose calibration a command writes: a camera of a robot contract, and its file."""

from dataclasses import dataclass
from pathlib import Path

from vla_contract.cameras.calibration_file import FILE_NAME
from vla_contract.contract import load_contract
from vla_contract.errors import VlaError


@dataclass(frozen=True)
class CameraTarget:
    """A camera whose calibration file is written.

    Attributes:
        robot: name of the contract.
        camera: name of the camera in it.
        size: width and height that the contract says [px].
        path: the calibration file.
    """

    robot: str
    camera: str
    size: tuple[int, int]
    path: Path

    def require_size(self, size: tuple[int, int], what: str) -> None:
        """Refuse a lens of another resolution.

        Args:
            size: width and height of the lens [px].
            what: where it is from.

        Raises:
            VlaError: says both.
        """
        if size != self.size:
            raise VlaError(
                f'{what}: found {size[0]}x{size[1]} px; contract {self.robot} has camera '
                f'{self.camera} with {self.size[0]}x{self.size[1]}'
            )


def camera_target(name: str, root: Path) -> CameraTarget:
    """Find the camera of 'ROBOT/CAMERA', its file below a folder of calibrations.

    Raises:
        VlaError: there is no such contract, or it has no such camera.
    """
    robot, separator, camera = name.rpartition('/')
    if not separator or not robot or not camera:
        raise VlaError(f"camera: found '{name}'; allowed: ROBOT/CAMERA, e.g. panda_2f85/top")
    contract = load_contract(robot)
    expected = contract.camera(camera)
    path = root / contract.name / camera / FILE_NAME
    return CameraTarget(contract.name, camera, (expected.width, expected.height), path)
