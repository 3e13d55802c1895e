"""The one thread that owns the robot: a serial port is not for several at a time."""

from collections.abc import Callable
from concurrent.futures import Future
import queue
import threading
import time

from vla_contract.errors import VlaError
from vla_lerobot.drivers.cycle import DriverCycle
from vla_lerobot.drivers.link import Link
from vla_lerobot.drivers.robot_class import one_line

# Opening pings every motor and writes some fifty registers; LeRobot alone takes 4 s to import.
_OPEN_S = 120.0
_ORDER_S = 5.0
Order = Callable[[DriverCycle], None]


class BusThread:
    """Opens a robot, runs its cycle at a rate, and closes it; every call of it is made here."""

    def __init__(
        self,
        open_link: Callable[[], Link],
        make_cycle: Callable[[Link], DriverCycle],
        rate_hz: float,
    ) -> None:
        """Start, and return when the robot is open.

        Args:
            open_link: opens it; may raise VlaError.
            make_cycle: what to do with it.
            rate_hz: of the cycle [Hz].

        Raises:
            VlaError: it cannot be opened.
        """
        self._open_link, self._make_cycle = open_link, make_cycle
        self._period_s = 1.0 / rate_hz
        self._ending = threading.Event()
        self._orders: queue.SimpleQueue[tuple[Order, Future[None]]] = queue.SimpleQueue()
        opened: Future[DriverCycle] = Future()
        self._thread = threading.Thread(target=self._run, args=(opened,), daemon=True)
        self._thread.start()
        try:
            self.cycle = opened.result(_OPEN_S)
        except TimeoutError:
            # The thread closes what it still opens.
            self._ending.set()
            raise VlaError(f'the robot did not open within {_OPEN_S:g} s') from None

    def call(self, order: Order) -> None:
        """Have something done between two cycles.

        Raises:
            VlaError: it failed, or the bus is busy for too long.
        """
        done: Future[None] = Future()
        self._orders.put((order, done))
        try:
            done.result(_ORDER_S)
        except VlaError:
            raise
        except TimeoutError:
            raise VlaError(f'the bus was busy for more than {_ORDER_S:g} s') from None
        except Exception as error:
            raise VlaError(one_line(error)) from error

    def close(self) -> None:
        """End the cycle and close the connection; the motors hold."""
        self._ending.set()
        self._thread.join()

    def _run(self, opened: 'Future[DriverCycle]') -> None:
        try:
            link = self._open_link()
        except BaseException as error:  # noqa: BLE001 - for the thread that waits for it
            opened.set_exception(error)
            return
        try:
            cycle = self._make_cycle(link)
            opened.set_result(cycle)
            next_s = time.monotonic()
            while not self._ending.is_set():
                cycle.step()
                self._obey(cycle)
                # A cycle that came late is not made up for: two commands at once are a jump.
                next_s = max(next_s + self._period_s, time.monotonic())
                self._ending.wait(next_s - time.monotonic())
        finally:
            link.close()

    def _obey(self, cycle: DriverCycle) -> None:
        while not self._orders.empty():
            order, done = self._orders.get()
            try:
                order(cycle)
            except Exception as error:  # noqa: BLE001 - for the thread that waits for it
                done.set_exception(error)
            else:
                done.set_result(None)
