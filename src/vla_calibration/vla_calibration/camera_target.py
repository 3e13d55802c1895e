"""Whose calibration a command writes: a camera of a cell, and its file."""

from dataclasses import dataclass
from pathlib import Path

from vla_contract.cameras.calibration_file import FILE_NAME
from vla_contract.deployment.cell import load_cell
from vla_contract.errors import VlaError


@dataclass(frozen=True)
class CameraTarget:
    """A camera whose calibration file is written.

    Attributes:
        cell: name of the cell.
        camera: name of the camera in it.
        size: width and height that the cell says [px].
        path: the calibration file.
    """

    cell: str
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
                f'{what}: found {size[0]}x{size[1]} px; cell {self.cell} has camera '
                f'{self.camera} with {self.size[0]}x{self.size[1]}'
            )


def camera_target(name: str, root: Path) -> CameraTarget:
    """Find the camera of 'CELL/CAMERA', its file below a folder of calibrations.

    Raises:
        VlaError: there is no such cell, or it has no such camera.
    """
    cell_name, separator, camera = name.rpartition('/')
    if not separator or not cell_name or not camera:
        raise VlaError(f"camera: found '{name}'; allowed: CELL/CAMERA, e.g. panda_table/top")
    cell = load_cell(cell_name)
    expected = cell.camera(camera)
    path = root / cell.name / camera / FILE_NAME
    return CameraTarget(cell.name, camera, (expected.width, expected.height), path)
