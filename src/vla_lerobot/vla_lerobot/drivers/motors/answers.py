"""Which answers of motors count: not those that came too late, and how late that is."""

import time
from typing import Any

# How long what was given up may still come, before the next question is sent [s].
_LATE_S = 0.02


class Answers:
    """Changes how a port of Feetech's or Dynamixel's SDK waits for answers.

    The SDKs tell answers by the motor's id alone: without this the answer to a question that was
    given up and asked again is taken for one to the next, a temperature for half a position. Their
    `clearPort`, called before each packet, waits for what is being sent and drops nothing. After a
    question that was given up, the next one is sent 20 ms later, and what came until then is
    dropped too.

    Attributes:
        more_ms: how much longer it waits than LeRobot, which gives up after some 50 ms [ms].
    """

    def __init__(self, port: Any) -> None:
        """Change a port handler; it keeps working as before otherwise."""
        self.more_ms = 0.0
        self._gave_up = False
        wait_until_sent, set_timeout = port.clearPort, port.setPacketTimeout
        is_too_late = port.isPacketTimeout

        def clear() -> None:
            wait_until_sent()
            if self._gave_up:
                time.sleep(_LATE_S)
                self._gave_up = False
            port.ser.reset_input_buffer()

        def gives_up() -> bool:
            self._gave_up = is_too_late()
            return self._gave_up

        def set_longer_timeout(length: int) -> None:
            set_timeout(length)
            port.packet_timeout += self.more_ms

        port.clearPort, port.setPacketTimeout = clear, set_longer_timeout
        port.isPacketTimeout = gives_up
