"""When commands are sent at all: while something moves, and not while nothing is asked."""

from vla_action_filter.verdict import Output
from vla_contract.filter_status import NO_REASON, Reason, ReasonCode

_ARMING = Reason('arming', ReasonCode.ARMING)


class OutputGate:
    """Silent at rest; before the first motion the controllers are brought to where it starts.

    A position controller holds by itself. To tell it the same position again and again would throw
    an arm that was moved meanwhile, by hand or by another controller, back to where it was. What
    the controllers hold is not known after a silence, so motion begins with an approach: one slow
    point at the commanded position.
    """

    def __init__(self, approach_ns: int, quiet_cycles: int) -> None:
        """Begin silent.

        Args:
            approach_ns: how long the approach takes; 0 leaves it out [ns].
            quiet_cycles: cycles at rest after which nothing is sent any more.
        """
        self._approach_ns, self._quiet_cycles = approach_ns, quiet_cycles
        self.restart()

    def restart(self) -> None:
        """Be silent."""
        self.output = Output.SILENT
        self._until_ns = 0
        self._quiet = 0

    def reason_to_wait(self, now_ns: int) -> Reason:
        """Return why motion has to wait, empty when it may begin; begins the approach."""
        self._quiet = 0
        if self.output is Output.SILENT:
            self.output = Output.APPROACH if self._approach_ns else Output.STREAM
            self._until_ns = now_ns + self._approach_ns
        if self.output is Output.APPROACH and now_ns >= self._until_ns:
            self.output = Output.STREAM
        return _ARMING if self.output is Output.APPROACH else NO_REASON

    def rest(self, is_moving: bool, reason: str) -> None:
        """Take a cycle in which the arm brakes or stands for a reason."""
        if self.output is Output.APPROACH and reason != _ARMING:
            self.restart()
        self._quiet = 0 if is_moving else self._quiet + 1
        if self.output is Output.STREAM and self._quiet >= self._quiet_cycles:
            self.restart()
