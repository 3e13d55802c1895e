"""What a check of a calibration says, and where it stops being good enough.

`board.check_board` and `silhouette.check_silhouette` take arrays and return a
`Drift`. OK, DEGRADED and BAD are the OK, WARN and ERROR of /diagnostics, `Drift.plain()` its
values; BAD is to keep a policy from starting.
"""

from dataclasses import asdict, dataclass
import math
from typing import Any

from vla_contract.cameras.calibration import CameraCalibration
from vla_contract.errors import VlaError
from vla_contract.schema import setting
from vla_contract.values import Image, Vector

OK, DEGRADED, BAD = 'OK', 'DEGRADED', 'BAD'


@dataclass(frozen=True)
class DriftLimits:
    """How far a view may have moved.

    Detection and an accepted lens leave 0.2 to 0.5 px; 5 mm is what hand-eye is accepted with.
    """

    degraded_px: float = setting(1.0, doc='warn from here', unit='px', lower=0.0)
    bad_px: float = setting(3.0, doc='refuse from here', unit='px', lower=0.0)
    degraded_mm: float = setting(2.0, doc='warn from here', unit='mm', lower=0.0)
    bad_mm: float = setting(5.0, doc='refuse from here', unit='mm', lower=0.0)


@dataclass(frozen=True)
class Drift:
    """How far what is seen lies from where the calibration says it is.

    Attributes:
        method: 'board' or 'silhouette'.
        state: OK, DEGRADED or BAD.
        reason: the state in one sentence.
        error_px: the deciding distance in the image [px].
        error_mm: the same where the board or the arm is [mm].
        shift_x_px: mean movement to the right [px].
        shift_y_px: mean movement downwards [px].
        details: more figures, by name with unit.
    """

    method: str
    state: str
    reason: str
    error_px: float
    error_mm: float
    shift_x_px: float
    shift_y_px: float
    details: dict[str, float]

    def plain(self) -> dict[str, Any]:
        """Return plain values for JSON and diagnostics."""
        values = asdict(self)
        details: dict[str, float] = values.pop('details')
        return {**values, **details}


def judge(
    method: str,
    error_px: float,
    error_mm: float,
    shift: Vector,
    details: dict[str, float],
    limits: DriftLimits,
) -> Drift:
    """Compare a distance with the limits.

    Args:
        method: 'board' or 'silhouette'.
        error_px: the deciding distance [px]; what is not finite is BAD.
        error_mm: the same in the scene [mm].
        shift: mean movement, shape (2,) [px].
        details: more figures.
        limits: where DEGRADED and BAD begin.
    """
    found = f'{method} is {error_px:.2f} px ({error_mm:.1f} mm) from where it was calibrated'
    if not (math.isfinite(error_px) and math.isfinite(error_mm)):
        state, reason = BAD, f'{method}: the distance is not finite'
    elif error_px >= limits.bad_px or error_mm >= limits.bad_mm:
        state = BAD
        reason = f'{found}; allowed: {limits.bad_px:g} px and {limits.bad_mm:g} mm'
    elif error_px >= limits.degraded_px or error_mm >= limits.degraded_mm:
        state = DEGRADED
        reason = f'{found}; good: {limits.degraded_px:g} px and {limits.degraded_mm:g} mm'
    else:
        state, reason = OK, found
    x, y = shift.tolist()
    return Drift(method, state, reason, error_px, error_mm, x, y, details)


def require_size(image: Image, calibration: CameraCalibration) -> None:
    """Refuse an image of another resolution.

    Raises:
        VlaError: says what was found and needed.
    """
    lens, (height, width) = calibration.lens, image.shape[:2]
    if (width, height) != (lens.width, lens.height):
        raise VlaError(
            f'image: found {width}x{height} px; calibration {calibration.cell}/'
            f'{calibration.camera} is of {lens.width}x{lens.height}'
        )
