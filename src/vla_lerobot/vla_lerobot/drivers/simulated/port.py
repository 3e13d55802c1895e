"""A serial port with simulated motors behind it: a pseudo-terminal that pyserial opens."""

from collections.abc import Iterable
import contextlib
import os
import select
import threading
import time
import tty

from vla_lerobot.drivers.simulated.motor import SimulatedMotor
from vla_lerobot.drivers.simulated.packets import answers, take_packets

# Motors move in steps of this, also when nobody asks [s].
_STEP_S = 0.005


class SimulatedPort:
    """Motors that answer on `path`; nothing of LeRobot or its SDK is replaced.

    Attributes:
        path: of the port.
        motors: by id; use them within `lock` while the port runs.
        is_mute: motors get nothing and answer nothing, as with a cable between them pulled.
        corrupt: so many of the next answers come with a wrong checksum.
        late_s: so long the next packet waits before it is obeyed [s].
    """

    def __init__(self, motors: Iterable[SimulatedMotor]) -> None:
        """Open a port and start."""
        self.motors = {motor.memory[5]: motor for motor in motors}
        self.lock = threading.Lock()
        self.is_mute, self.corrupt, self.late_s = False, 0, 0.0
        self._master, slave = os.openpty()
        tty.setraw(slave)
        self.path = os.ttyname(slave)
        # Kept open: without any holder of its other end, reading a terminal is an error.
        self._slave = slave
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name='motors', daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        """Take the port away, as pulling the USB plug does; the motors live on."""
        self._ending.set()
        self._thread.join()
        for end in (self._master, self._slave):
            with contextlib.suppress(OSError):
                os.close(end)

    close = unplug

    def _run(self) -> None:
        buffer = bytearray()
        last_s = time.monotonic()
        while not self._ending.is_set():
            ready, _, _ = select.select([self._master], [], [], _STEP_S)
            now_s = time.monotonic()
            with self.lock:
                for motor in self.motors.values():
                    motor.step(now_s - last_s)
                last_s = now_s
                if ready:
                    buffer += os.read(self._master, 4096)
                    for packet in take_packets(buffer):
                        time.sleep(self.late_s)
                        self.late_s = 0.0
                        for text in () if self.is_mute else answers(packet, self.motors):
                            os.write(self._master, self._damaged(text))

    def _damaged(self, text: bytes) -> bytes:
        if not self.corrupt:
            return text
        self.corrupt -= 1
        return text[:-1] + bytes([text[-1] ^ 0x55])
