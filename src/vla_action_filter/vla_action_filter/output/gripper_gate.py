"""A gripper is never smoothed: it opens or closes, with hysteresis and a minimum dwell."""

from vla_contract.deployment.robot import Joint


class GripperGate:
    """Turns a continuous position into open or closed.

    Closes above 60 % of the way from open to closed, opens below 40 %; a reversal waits for the
    dwell, so that a policy that hesitates does not rattle the fingers.
    """

    def __init__(self, joint: Joint, dwell_ns: int) -> None:
        """Take the range from a joint; the dwell is in nanoseconds."""
        self._lower, self._upper = joint.lower, joint.upper
        self._open, self._closed = joint.open, joint.closed
        self._dwell_ns = dwell_ns
        self._changed_ns: int | None = None
        self.position = joint.open

    def reset(self, position: float) -> None:
        """Start from a measured position: hold what the fingers do now."""
        self.position = min(max(position, self._lower), self._upper)
        self._changed_ns = None

    def step(self, desired: float, now_ns: int) -> float:
        """Return the gripper command for a finite desired position."""
        share = (desired - self._open) / (self._closed - self._open)
        target = self._closed if share > 0.6 else self._open if share < 0.4 else self.position
        if target == self.position:
            return self.position
        if self._changed_ns is None or now_ns - self._changed_ns >= self._dwell_ns:
            self.position, self._changed_ns = target, now_ns
        return self.position
