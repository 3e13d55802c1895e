"""Does a controller do what it is told? Its own word, where it gives one."""

import numpy as np
from vla_contract.values import to_ns, Vector

# Controllers publish their state in every update, 50 Hz at the least.
_SILENT_NS = to_ns(0.3)
# A reference is at most a few periods away from what was told: 0.1 rad is 50 ms at 2 rad/s.
_APART = 0.1
_LOOKS = 3


class ReferenceWatch:
    """Compares the reference that a controller states with what it was told.

    An active joint_trajectory_controller publishes its state; one that is switched off falls
    silent, and one that refuses what it gets goes on stating its old reference.
    """

    def __init__(self, controller: str) -> None:
        """Watch a controller; its name is for the reasons."""
        self._controller = controller
        self._heard_ns: int | None = None
        self._apart = 0
        self.reference: Vector | None = None
        """The newest reference of the channel's joints [rad or m]; None where it is not known."""

    def hear(self, reference: Vector, now_ns: int) -> None:
        """Take a reference, shape (n,), in the channel's order [rad or m]."""
        self.reference, self._heard_ns = reference, now_ns

    def fault(self, told: Vector | None, now_ns: int) -> str:
        """Return why the controller is not to be trusted with motion, '' for no reason.

        Args:
            told: where the channel's joints were told to be just now, shape (n,) [rad or m]; None
                while nothing is sent.
            now_ns: time of this look, several a second [ns].
        """
        if self._heard_ns is None:
            return ''
        if now_ns - self._heard_ns > _SILENT_NS:
            self.reference, self._apart = None, 0
            return f'{self._controller} is not active'
        is_apart = (
            told is not None
            and self.reference is not None
            and float(np.abs(self.reference - told).max()) > _APART
        )
        self._apart = self._apart + 1 if is_apart else 0
        if self._apart >= _LOOKS:
            return f'{self._controller} does not follow: its reference stays where it was'
        return ''
