"""Does a joint suddenly push harder than it did?"""

import numpy as np
from vla_action_filter.config import FilterConfig
from vla_contract.deployment.cell import Cell
from vla_contract.values import JointSample, NS_PER_S, Stamps, Vector

# Slower than any collision, faster than the change of gravity load in a motion.
_BASELINE_S = 0.5


class EffortGuard:
    """Compares the measured effort of each arm joint with its own recent average.

    The average carries gravity, friction and payload without a model; what comes on top faster
    than it can follow is a collision or a stall. Joints are judged by themselves: what others,
    such as a gripper, do not measure takes nothing from them. Where no arm joint is measured the
    guard is unavailable, which is said and never counted as good.

    Attributes:
        is_available: whether the newest measurement has the effort of an arm joint.
        unmeasured: names of the arm joints that it has none of.
        fault: the worst joint, '' when none pushes too hard.
        share: how hard the worst joint pushes, as a share of its limit.
    """

    def __init__(self, cell: Cell, config: FilterConfig) -> None:
        """Prepare for a robot."""
        self._arm = np.array(cell.arm)
        joints = [cell.joints[i] for i in cell.arm]
        self._names = [joint.name for joint in joints]
        self._limit = np.array([joint.effort for joint in joints])
        self._allowed = config.effort_spike
        self._nothing: Vector = np.full(len(joints), np.nan)
        self.is_available = False
        self.unmeasured = tuple(self._names)
        self.restart()

    def restart(self) -> None:
        """Forget the average."""
        self._baseline: Vector = self._nothing
        self._stamps_ns: Stamps = np.zeros(len(self._names), dtype=np.int64)
        self.fault = ''
        self.share = 0.0

    def offer_joints(self, sample: JointSample) -> None:
        """Compare a measurement with the average; `fault` then names the worst joint, or ''."""
        self.fault = ''
        effort = self._nothing if sample.effort is None else sample.effort[self._arm]
        is_measured = np.isfinite(effort)
        self.is_available = bool(is_measured.any())
        self.unmeasured = tuple(np.compress(~is_measured, self._names).tolist())
        is_known = is_measured & np.isfinite(self._baseline)
        change = np.where(is_known, effort - self._baseline, 0.0)
        spike = np.abs(change) / self._limit
        worst = int(np.argmax(spike))
        self.share = float(spike[worst])
        if self.share > self._allowed:
            self.fault = f'effort spike {self._names[worst]} {100 * self.share:.0f} %'
            return
        stamps_ns = sample.stamps_ns[self._arm]
        elapsed_s = np.maximum(0, stamps_ns - self._stamps_ns) / NS_PER_S
        followed = self._baseline + change * (elapsed_s / (elapsed_s + _BASELINE_S))
        begun = np.where(is_measured, effort, self._baseline)
        self._baseline = np.where(is_known, followed, begun)
        self._stamps_ns = np.where(is_measured, stamps_ns, self._stamps_ns)
