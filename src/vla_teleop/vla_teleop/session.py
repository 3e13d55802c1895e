"""One tick of teleoperation: a reading becomes a wish, or a sentence why it does not."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.values import to_ns, Vector
from vla_lerobot.drivers.errors import BusError
from vla_lerobot.drivers.motors.reading_guard import ReadingGuard
from vla_teleop.devices.errors import BadReadingError
from vla_teleop.devices.reading import Reading
from vla_teleop.mapping.alignment import Offset
from vla_teleop.mapping.motion import Motion

# Ten readings at 50 Hz. A hand moves 0.1 m in that time.
STALE_S = 0.2
# A wish runs ahead of the command by no more than the joint covers in this time at full speed:
# half of what the filter refuses as a jump.
_AHEAD_S = 0.25
NO_READING = 'found no reading of the device; allowed: one in the last 0.2 s'
NOT_HELD = 'let go: hold the device, or its key, and it leads the arm'
NO_JOINTS = 'no joint_states: where the arm is, is not known'
LEADING = 'leading'


@dataclass(frozen=True)
class Tick:
    """What is to be sent and said.

    Attributes:
        wish: where the joints of the device are to be, shape (n,) [rad or m]; None for nowhere.
        message: what is the case, in a sentence.
        offset: how far a leader is from the arm, where that matters.
        is_bad: the reading was dropped, because it cannot be right.
    """

    wish: Vector | None
    message: str
    offset: Offset | None = None
    is_bad: bool = False


class Session:
    """Decides when a person's device leads the arm, and where to.

    It leads while the person engages, the filter lets people command, and a leader that is led by
    its pose is aligned. It begins where the arm is commanded, so that nothing jumps.

    Attributes:
        is_leading: whether wishes are sent.
    """

    def __init__(self, motion: Motion, cell: Cell, rate_hz: float) -> None:
        """Prepare.

        Args:
            motion: of the device.
            cell: that is commanded.
            rate_hz: of the ticks [Hz].
        """
        self.is_leading = False
        self._motion, self._period_s = motion, 1.0 / rate_hz
        self._stale_ns = to_ns(STALE_S)
        own = [int(i) for i in motion.columns]
        self._ahead = np.array(
            [np.inf if i in cell.grippers else _AHEAD_S * cell.joints[i].velocity for i in own]
        )
        self._guard = ReadingGuard()
        self._heard_ns = 0

    @property
    def names(self) -> Sequence[str]:
        """Joints of the wishes."""
        return self._motion.names

    def tick(
        self, reading: Reading | None, commanded: Vector | None, refusal: str, now_ns: int
    ) -> Tick:
        """Return what is to be sent at a time.

        Args:
            reading: newest of the device; None for none.
            commanded: position of all joints, shape (D,) [rad or m]; None where it is not known.
            refusal: why the device may not lead now, '' when it may.
            now_ns: time of the reading's clock [ns].
        """
        if reading is None or now_ns - reading.stamp_ns > self._stale_ns:
            return self._idle(NO_READING)
        if commanded is None:
            return self._idle(NO_JOINTS)
        own = commanded[self._motion.columns]
        # After several readings were dropped the arm has been held, and nothing is resumed.
        self.is_leading &= now_ns - self._heard_ns <= self._stale_ns
        try:
            offset = self._motion.offset(reading, own)
            if refusal:
                return self._idle(refusal, offset)
            if not reading.is_engaged:
                return self._idle(NOT_HELD, offset)
            if not self.is_leading and offset is not None and not offset.is_aligned:
                return self._idle(offset.sentence, offset)
            return Tick(self._lead(reading, own, now_ns), LEADING, offset)
        except BadReadingError as error:
            return Tick(None, str(error), is_bad=True)
        except BusError as error:
            # The next may be as far off: a leader has to be aligned again.
            self.is_leading = False
            return Tick(None, str(error), is_bad=True)

    def _lead(self, reading: Reading, own: Vector, now_ns: int) -> Vector:
        if not self.is_leading:
            self._motion.begin(reading, own)
            self.is_leading = True
            self._guard.forget()
        wish = self._motion.wish(reading, own, self._period_s)
        self._guard.check(wish, now_ns)
        self._heard_ns = now_ns
        near: Vector = own + np.clip(wish - own, -self._ahead, self._ahead)
        return near

    def _idle(self, message: str, offset: Offset | None = None) -> Tick:
        self.is_leading = False
        return Tick(None, message, offset)
