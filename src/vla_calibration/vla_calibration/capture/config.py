"""Settings of the capture node."""

from dataclasses import dataclass
import math

from vla_calibration.board.boards import Board, KINDS, parse_size
from vla_calibration.capture.settle import StillnessLimits
from vla_calibration.capture.views.information import ViewNoise
from vla_contract.schema import setting


@dataclass(frozen=True)
class CaptureConfig:
    """Parameters of the capture node; topics, frames and limits come from robot and cell."""

    deployment: str = setting(
        'panda_lift_cube', doc='name under config/deployments, or path of a file'
    )
    cell: str = setting('', doc="another cell than the deployment's")
    camera: str = setting('', doc="camera of the cell, '' for its first")
    setup: str = setting(
        'eye-in-hand',
        doc='where the camera is; intrinsics takes images alone, without a robot',
        choices=('eye-in-hand', 'eye-to-hand', 'intrinsics'),
    )
    tool_frame: str = setting(
        '', doc="frame whose pose is recorded: a body of the model, '' for the tool"
    )
    output: str = setting(
        '', doc="folder of samples, '' for calibration_data/CELL/CAMERA/captures/TIME"
    )

    board: str = setting('chessboard', doc='kind of board', choices=KINDS)
    board_size: str = setting(
        '9x6', doc='points per row x per column; ChArUco: squares; AprilGrid: tags'
    )
    square_mm: float = setting(
        25.0, doc='distance between points, or from tag to tag', unit='mm', lower=1.0,
        upper=1000.0,
    )  # fmt: skip
    marker_mm: float = setting(
        0.0, doc='side of the markers of a ChArUco board or an AprilGrid', unit='mm', lower=0.0,
        upper=1000.0,
    )  # fmt: skip
    dictionary: str = setting(
        '', doc="cv2.aruco dictionary of the markers, '' for the usual one of the board"
    )
    legacy: bool = setting(False, doc='the ChArUco pattern of OpenCV before 4.7')

    settle_s: float = setting(
        0.5, doc='time for which everything must stand still', unit='s', lower=0.05, upper=5.0
    )
    settle_mm: float = setting(
        0.2, doc='motion of the tool that still counts as none', unit='mm', lower=0.0, upper=10.0
    )
    settle_deg: float = setting(
        0.02, doc='likewise, rotation', unit='deg', lower=0.0, upper=5.0
    )  # fmt: skip
    settle_px: float = setting(
        0.2, doc='likewise, corners of the board (RMS)', unit='px', lower=0.0, upper=10.0
    )
    max_blur_px: float = setting(
        2.0, doc='blur above which an image is refused (sigma)', unit='px', lower=0.1, upper=20.0
    )
    novelty: float = setting(
        0.04,
        doc='distance of the corners from every view taken, as a share of the image diagonal, '
        'from which a view is taken by itself',
        lower=0.0,
        upper=1.0,
    )

    samples: int = setting(20, doc='views to take', lower=3, upper=1000)
    target_sigma_mm: float = setting(
        0.5,
        doc='predicted worst-axis error of the hand-eye at which to stop (1 sigma)',
        unit='mm',
        lower=0.01,
        upper=100.0,
    )
    corner_sigma_px: float = setting(
        0.2, doc='expected noise of a corner', unit='px', lower=0.01, upper=5.0
    )
    robot_sigma_mm: float = setting(
        0.5, doc='expected error of the reported position', unit='mm', lower=0.001, upper=50.0
    )
    robot_sigma_deg: float = setting(
        0.1, doc='expected error of the reported orientation', unit='deg', lower=1e-4, upper=10.0
    )

    poses: str = setting(
        '', doc="YAML list of joint poses to propose and to drive through, '' proposes nearby ones"
    )
    drive_speed: float = setting(
        0.1, doc='share of the velocity limits when driving', lower=0.01, upper=0.5
    )
    annotate_hz: float = setting(
        5.0, doc='rate of capture/image_annotated', unit='Hz', lower=0.1, upper=60.0
    )

    @property
    def board_object(self) -> Board:
        """The board; raises BoardError where the numbers make none."""
        cols, rows = parse_size(self.board_size)
        return Board(
            self.board, cols, rows, self.square_mm / 1000.0, self.marker_mm / 1000.0,
            self.dictionary, self.legacy,
        )  # fmt: skip

    @property
    def stillness(self) -> StillnessLimits:
        """What may move."""
        return StillnessLimits(self.settle_s, self.settle_mm, self.settle_deg, self.settle_px)

    @property
    def noise(self) -> ViewNoise:
        """What a view is expected to be worth."""
        robot_rad = math.radians(self.robot_sigma_deg)
        return ViewNoise(self.corner_sigma_px, self.robot_sigma_mm / 1000.0, robot_rad)
