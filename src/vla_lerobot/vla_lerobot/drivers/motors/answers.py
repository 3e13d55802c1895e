"""Which answers of motors count: not those that came too late, and how late that is."""

from typing import Any


class Answers:
    """Changes how a port of Feetech's or Dynamixel's SDK waits for answers.

    The SDKs tell answers by the motor's id alone: without this the answer to a question that was
    given up and asked again is taken for one to the next, a temperature for half a position. Their
    `clearPort`, called before each packet, waits for what is being sent and drops nothing.

    Attributes:
        more_ms: how much longer it waits than LeRobot, which gives up after some 50 ms [ms].
    """

    def __init__(self, port: Any) -> None:
        """Change a port handler; it keeps working as before otherwise."""
        self.more_ms = 0.0
        wait_until_sent, set_timeout = port.clearPort, port.setPacketTimeout

        def clear() -> None:
            wait_until_sent()
            port.ser.reset_input_buffer()

        def set_longer_timeout(length: int) -> None:
            set_timeout(length)
            port.packet_timeout += self.more_ms

        port.clearPort, port.setPacketTimeout = clear, set_longer_timeout
