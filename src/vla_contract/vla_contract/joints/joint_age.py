"""Is what was measured of the joints recent, by their stamps and by when it came?"""

import numpy as np
from numpy.typing import NDArray
from vla_contract.deployment.cell import Cell
from vla_contract.joints.joint_states import listed
from vla_contract.stamps import duration
from vla_contract.values import JointSample, NS_PER_S, to_ns

# Stamps of another machine may be ahead by as much as its clock; more is a clock that is not set.
AHEAD_NS = to_ns(0.1)


class JointAges:
    """Judges the age of each joint by the deadline of its group, arm or gripper.

    The age counts from the stamp or from the arrival, whichever is earlier: a driver that stamps
    ahead and dies is noticed as soon as one that does not.
    """

    def __init__(self, cell: Cell) -> None:
        """Prepare for the joints and deadlines of a robot."""
        deadlines = cell.deadlines
        self._names = np.array(cell.joint_names)
        self._deadline_ns = np.full(len(self._names), to_ns(deadlines.joint_state_age_s))
        self._deadline_ns[list(cell.grippers)] = to_ns(deadlines.gripper_state_age_s)
        self._is_arm = np.isin(np.arange(len(self._names)), cell.arm)

    def problem(self, sample: JointSample, now_ns: int) -> str:
        """Return why a sample does not count at a time, '' when it does."""
        stamps_ns, arrivals_ns = sample.stamps_ns, sample.arrivals_ns
        is_ahead = stamps_ns > now_ns + AHEAD_NS
        if is_ahead.any():
            ahead_s = (int(stamps_ns.max()) - now_ns) / NS_PER_S
            return f'joint_states {duration(ahead_s)} in the future{self._whose(is_ahead)}'
        is_old = now_ns - np.minimum(stamps_ns, arrivals_ns) > self._deadline_ns
        if not is_old.any():
            return ''
        was_old = is_old & (arrivals_ns - stamps_ns > self._deadline_ns)
        if not was_old.any():
            return f'joint_states stale{self._whose(is_old)}'
        if (stamps_ns[was_old] == 0).all():
            return f'joint_states not stamped (stamp 0){self._whose(was_old)}'
        age_s = (now_ns - int(stamps_ns[was_old].min())) / NS_PER_S
        return f'joint_states stamped {duration(age_s)} ago{self._whose(was_old)}'

    def _whose(self, joints: NDArray[np.bool_]) -> str:
        """Return the names of joints; nothing where it is the whole arm."""
        if joints[self._is_arm].all() and self._is_arm.any():
            return ''
        return f': {listed(self._names[joints].tolist())}'
