"""Settings of the node that verifies calibrations before each rollout."""

from dataclasses import dataclass

from vla_calibration.verify.camera_check import AUTO, METHODS, SILHOUETTE
from vla_calibration.verify.verify import DriftLimits
from vla_contract.schema import setting


@dataclass(frozen=True)
class VerifyConfig:
    """Parameters of the node verify_calibration; topics come from the cell."""

    deployment: str = setting(
        'panda_lift_cube', doc='name under config/deployments, or path of a file'
    )
    cell: str = setting('', doc="another cell than the deployment's")
    cameras: str = setting('', doc="cameras separated by spaces, '' for all of the cell")
    method: str = setting(
        AUTO, doc='auto: by the board where vla camera reference saw one', choices=METHODS
    )
    silhouette: str = setting(
        SILHOUETTE, doc='what draws the arm: model, or simulated for images of the simulator'
    )
    still_s: float = setting(
        0.3, doc='time for which the arm must stand still', unit='s', lower=0.0, upper=5.0
    )
    still_rad: float = setting(
        0.002, doc='motion of a joint that still counts as none', unit='rad', lower=0.0, upper=0.1
    )
    degraded_px: float = setting(1.0, doc='warn from here', unit='px', lower=0.0)
    bad_px: float = setting(3.0, doc='refuse from here', unit='px', lower=0.0)
    degraded_mm: float = setting(2.0, doc='warn from here', unit='mm', lower=0.0)
    bad_mm: float = setting(5.0, doc='refuse from here', unit='mm', lower=0.0)

    @property
    def limits(self) -> DriftLimits:
        """Where a drift begins to count."""
        return DriftLimits(self.degraded_px, self.bad_px, self.degraded_mm, self.bad_mm)
