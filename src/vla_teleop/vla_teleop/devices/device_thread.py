"""The one thread that owns a device: it reads at a rate, leads, and opens it again."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future
import contextlib
from dataclasses import dataclass
import threading
import time

from vla_contract.errors import VlaError
from vla_lerobot.drivers.robot_class import one_line
from vla_teleop.devices.device import Device
from vla_teleop.devices.errors import BadReadingError, DeviceError
from vla_teleop.devices.reading import Press, Reading

# Opening pings every motor and LeRobot alone takes 5 s to import; a phone waits for its person.
_OPEN_S = 120.0


@dataclass(frozen=True)
class Patience:
    """How long a silent device is waited for.

    Attributes:
        errors_in_a_row: readings without an answer after which it counts as lost.
        reconnect_s: time between attempts to open it again [s].
    """

    errors_in_a_row: int
    reconnect_s: float


class DeviceThread:
    """Reads a device; nothing that a device does makes it end.

    Attributes:
        fault: why there is no reading now, '' while there is.
        is_lost: the connection is given up; it is tried again.
        reconnects: how often it came back.
    """

    def __init__(
        self,
        device: Device,
        rate_hz: float,
        patience: Patience,
        on_opened: Callable[[], None] = lambda: None,
    ) -> None:
        """Start, and return when the device is open.

        Args:
            device: not opened.
            rate_hz: of the readings [Hz].
            patience: with a device that does not answer.
            on_opened: called in the thread, after the device was opened for the first time.

        Raises:
            VlaError: it does not open.
        """
        self.fault, self.is_lost, self.reconnects = '', False, 0
        self._device, self._period_s, self._patience = device, 1.0 / rate_hz, patience
        self._lock = threading.Lock()
        self._newest: Reading | None = None
        self._presses: set[Press] = set()
        self._goals: Mapping[str, float] | None = None
        self._is_led = False
        self._in_a_row, self._next_attempt_s = 0, 0.0
        self._ending = threading.Event()
        opened: Future[None] = Future()
        self._thread = threading.Thread(
            target=self._run, args=(opened, on_opened), name='device', daemon=True
        )
        self._thread.start()
        try:
            opened.result(_OPEN_S)
        except TimeoutError:
            # The thread closes what it still opens.
            self._ending.set()
            raise DeviceError(f'the device did not open within {_OPEN_S:g} s') from None

    def newest(self) -> Reading | None:
        """Return the newest reading; None before the first, and from a fault on."""
        with self._lock:
            return self._newest

    def take_presses(self) -> frozenset[Press]:
        """Return the buttons that were pressed since the last time."""
        with self._lock:
            presses, self._presses = frozenset(self._presses), set()
        return presses

    def lead(self, numbers: Mapping[str, float] | None) -> None:
        """Have its motors go there from the next cycle on; None takes their torque."""
        with self._lock:
            self._goals = numbers

    def close(self) -> None:
        """End, limp."""
        self._ending.set()
        self._thread.join()

    def _run(self, opened: 'Future[None]', on_opened: Callable[[], None]) -> None:
        try:
            self._device.connect()
            on_opened()
        except BaseException as error:  # noqa: BLE001 - for the thread that waits for it
            with contextlib.suppress(Exception):
                self._device.close()
            is_said = isinstance(error, VlaError)
            opened.set_exception(error if is_said else DeviceError(one_line(error)))
            return
        opened.set_result(None)
        try:
            next_s = time.monotonic()
            while not self._ending.is_set():
                self._step()
                next_s = max(next_s + self._period_s, time.monotonic())
                self._ending.wait(next_s - time.monotonic())
        finally:
            with contextlib.suppress(Exception):
                self._device.close()

    def _step(self) -> None:
        try:
            if self.is_lost:
                self._reconnect()
            else:
                self._read_and_lead()
        except BadReadingError as error:
            # It answers, so it is not lost.
            self._forget(str(error))
        except Exception as error:  # noqa: BLE001 - classes of others
            self._forget(one_line(error))
            self._count()

    def _read_and_lead(self) -> None:
        reading = self._device.read()
        with self._lock:
            self._newest, self.fault = reading, ''
            self._presses |= reading.presses
            goals = self._goals
        self._in_a_row = 0
        if goals is not None:
            self._is_led = True
            self._device.lead(goals)
        elif self._is_led:
            self._limp()

    def _limp(self) -> None:
        self._device.release()
        self._is_led = False

    def _forget(self, fault: str) -> None:
        with self._lock:
            self._newest, self.fault, self._goals = None, fault, None
        if self._is_led:
            # Doubt: a leader that does not answer is not led any further.
            with contextlib.suppress(Exception):
                self._limp()

    def _count(self) -> None:
        self._in_a_row += 1
        if not self.is_lost and self._in_a_row >= self._patience.errors_in_a_row:
            self.is_lost = True
            self._next_attempt_s = 0.0
            with contextlib.suppress(Exception):
                self._device.close()

    def _reconnect(self) -> None:
        now_s = time.monotonic()
        if now_s < self._next_attempt_s:
            return
        self._next_attempt_s = now_s + self._patience.reconnect_s
        self._device.connect()
        self.is_lost, self._in_a_row, self.fault = False, 0, ''
        self.reconnects += 1
