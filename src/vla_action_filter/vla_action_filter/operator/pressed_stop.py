"""The stop that people press: what is said of it, and what it keeps from being reset."""

from vla_contract.filter_status import NO_REASON, Reason, ReasonCode

PLAIN = Reason('e_stop', ReasonCode.E_STOP)
_RELEASED = Reason('e_stop released, reset needed', ReasonCode.E_STOP)


class PressedStop:
    """Knows whether anybody presses, and whether anybody could.

    Attributes:
        missing: why the arm may not move for a stop that nobody could press, empty for none such.
    """

    def __init__(self) -> None:
        """Begin unpressed."""
        self.missing = NO_REASON
        self._is_pressed, self._reason = False, NO_REASON

    def press(self, is_pressed: bool, reason: str) -> bool:
        """Take whether anybody presses, and what is said meanwhile; return whether that begins."""
        begins = is_pressed and not self._is_pressed
        self._is_pressed, self._reason = is_pressed, Reason(reason, ReasonCode.E_STOP)
        return begins

    @property
    def latched_reason(self) -> Reason:
        """What to say of an arm that it has stopped."""
        return self._reason if self._is_pressed else _RELEASED

    @property
    def refusal(self) -> str:
        """Why a stop cannot be left, '' when it can."""
        if not self._is_pressed:
            return self.missing
        return 'e_stop is still pressed' if self._reason == PLAIN else self._reason
