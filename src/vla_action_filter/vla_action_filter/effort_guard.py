"""Does a joint suddenly push harder than it did?"""

import numpy as np
from vla_action_filter.config import FilterConfig
from vla_contract.contract import RobotContract
from vla_contract.values import JointSample, NS_PER_S, Vector

# Slower than any collision, faster than the change of gravity load in a motion.
_BASELINE_S = 0.5


class EffortGuard:
    """Compares the measured effort of arm joints with its own recent average.

    The average carries gravity, friction and payload without a model; what comes on top faster
    than it can follow is a collision or a stall. Where the robot measures no effort the guard
    is unavailable, which is said and never counted as good.
    """

    def __init__(self, contract: RobotContract, config: FilterConfig) -> None:
        """Prepare for a robot."""
        self._arm = np.array(contract.arm)
        joints = [contract.joints[i] for i in contract.arm]
        self._names = [joint.name for joint in joints]
        self._limit = np.array([joint.effort for joint in joints])
        self._allowed = config.effort_spike
        self._baseline: Vector | None = None
        self._stamp_ns = 0
        self.is_available = False
        self.fault = ''
        self.share = 0.0

    def restart(self) -> None:
        """Forget the average."""
        self._baseline = None
        self.fault = ''
        self.share = 0.0

    def offer_joints(self, sample: JointSample) -> None:
        """Compare a measurement with the average; `fault` then names the worst joint, or ''."""
        self.fault = ''
        self.is_available = sample.effort is not None and bool(np.isfinite(sample.effort).all())
        if sample.effort is None or not self.is_available:
            return
        effort = sample.effort[self._arm]
        if self._baseline is None:
            self._baseline, self._stamp_ns = effort, sample.stamp_ns
            return
        spike = np.abs(effort - self._baseline) / self._limit
        worst = int(np.argmax(spike))
        self.share = float(spike[worst])
        if self.share > self._allowed:
            self.fault = f'effort spike {self._names[worst]} {100 * self.share:.0f} %'
            return
        elapsed_s = max(0.0, (sample.stamp_ns - self._stamp_ns) / NS_PER_S)
        weight = elapsed_s / (elapsed_s + _BASELINE_S)
        self._baseline = self._baseline + weight * (effort - self._baseline)
        self._stamp_ns = sample.stamp_ns
