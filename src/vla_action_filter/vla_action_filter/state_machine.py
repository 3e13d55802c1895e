"""The states of the filter and the only ways between them.

    inactive --joint state--> armed --chunk--> active <--chunk--> holding
        ^                        any but inactive --severe reason--> stopped-latched
        +------------------------------ reset -----------------------------+

Armed stands at the measured position and waits. Holding brakes or stands for a reason that may
pass by itself. Stopped-latched stays until `reset`, which goes back to inactive: the filter arms
anew where the arm is, and nothing moves before a new chunk.
"""

from vla_action_filter.verdict import State
from vla_contract.filter_status import NO_REASON, Reason


class StateMachine:
    """Keeps the state, the latched reason, and since when motion has been allowed."""

    def __init__(self) -> None:
        """Start inactive."""
        self.state = State.INACTIVE
        self.latched_reason = NO_REASON
        self._active_since_ns = 0

    def disarm(self) -> None:
        """Forget the position; a latched stop stays."""
        if self.state is not State.STOPPED:
            self.state = State.INACTIVE

    def arm(self) -> None:
        """Stand at a measured position."""
        if self.state is State.INACTIVE:
            self.state = State.ARMED

    def follow(self, now_ns: int) -> None:
        """Move after the policy."""
        if self.state in (State.ARMED, State.HOLDING):
            self.state = State.ACTIVE
            self._active_since_ns = now_ns

    def hold(self) -> None:
        """Brake and stand until the reason is gone."""
        if self.state is State.ACTIVE:
            self.state = State.HOLDING

    def latch(self, reason: Reason) -> None:
        """Brake and stand until `reset`; the first reason is the one that is kept."""
        if self.state is not State.STOPPED:
            self.state = State.STOPPED
            self.latched_reason = reason

    def reset(self) -> None:
        """Leave a latched stop."""
        self.state = State.INACTIVE
        self.latched_reason = NO_REASON

    def ramp(self, now_ns: int, ramp_ns: int) -> float:
        """Return the share of speed allowed, rising from 0 to 1 after every start of motion."""
        if ramp_ns <= 0:
            return 1.0
        return min(1.0, max(0.0, (now_ns - self._active_since_ns) / ramp_ns))
