"""Compares fresh images of one camera with its accepted calibration: by a board, or by the arm."""

from functools import cached_property
from pathlib import Path

from vla_calibration.verify.board import check_board, load_reference, REFERENCE_NAME
from vla_calibration.verify.input import in_cell_order, Joints, load_arm_drawing, robot_pose
from vla_calibration.verify.silhouette import check_silhouette, DrawArm
from vla_calibration.verify.verify import Drift, DriftLimits
from vla_contract.cameras.calibration_file import load_calibration
from vla_contract.deployment.cell import Cell, load_cell
from vla_contract.errors import VlaError
from vla_contract.values import Image

# Drawn by the model of the simulator; `simulated` draws what the simulator shows.
SILHOUETTE = 'model'
AUTO, BOARD, OUTLINE = 'auto', 'board', 'silhouette'
METHODS = (AUTO, BOARD, OUTLINE)


class CameraCheck:
    """Remembers what an image of one camera has to look like."""

    def __init__(
        self,
        path: Path,
        cell: Cell | None = None,
        method: str = AUTO,
        silhouette: str = SILHOUETTE,
        limits: DriftLimits | None = None,
        reference: Path | None = None,
    ) -> None:
        """Read the calibration.

        Args:
            path: calibration file.
            cell: where the camera is; None for the cell that the calibration names.
            method: one of METHODS; auto takes the board where one was recorded.
            silhouette: what draws the arm, an entry point of `vla_silhouettes`.
            limits: where a drift begins to count.
            reference: of `vla camera reference`; None for the file beside the calibration.

        Raises:
            VlaError: the calibration was never accepted, or a file is malformed.
        """
        self.calibration = load_calibration(path)
        if not self.calibration.accepted:
            raise VlaError(f'{path} was never accepted; calibrate again')
        self._path = path
        self._given_cell = cell
        self._silhouette = silhouette
        self._limits = limits or DriftLimits()
        self._reference_path = reference or path.with_name(REFERENCE_NAME)
        self.method = method
        if method == AUTO:
            self.method = BOARD if self._reference_path.is_file() else OUTLINE
        self._reference = load_reference(self._reference_path) if self.method == BOARD else None

    def check(self, image: Image, joints: Joints | None) -> Drift:
        """Compare an image, taken while the arm stood still.

        Args:
            image: shape (H, W) or (H, W, 3).
            joints: positions of all joints by name [rad or m]; None where they are not known,
                which is enough for a board before a camera that is not in the hand.

        Raises:
            VlaError: the image does not decide, or joints are needed.
        """
        if self._reference is not None:
            robot = robot_pose(self._given_cell, self.calibration, joints)
            return check_board(image, self._reference, self.calibration, robot, self._limits)
        if joints is None:
            raise VlaError(
                f'nothing to compare with: found no {self._reference_path} '
                '(see vla camera reference) and no positions of the joints, for a comparison with '
                'the silhouette of the arm'
            )
        position = in_cell_order(joints, self._cell)
        return check_silhouette(image, position, self._draw, self.calibration, self._limits)

    @cached_property
    def _cell(self) -> Cell:
        return self._given_cell or load_cell(self.calibration.cell)

    @cached_property
    def _draw(self) -> DrawArm:
        """What draws the arm; made by the thread that checks, which has to use it too."""
        return load_arm_drawing(self._silhouette, self._cell, str(self._path))
