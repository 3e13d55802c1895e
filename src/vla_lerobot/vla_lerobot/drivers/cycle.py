"""One cycle of the driver: read, publish, obey or hold, look after the motors."""

from collections.abc import Callable
from dataclasses import dataclass
import itertools

from vla_contract.values import to_ns, Vector
from vla_lerobot.drivers.commands.inbox import CommandInbox
from vla_lerobot.drivers.config import LerobotRobotConfig
from vla_lerobot.drivers.link import Link
from vla_lerobot.drivers.motors.health import MotorHealth, REGISTERS
from vla_lerobot.drivers.motors.reading_guard import ReadingGuard
from vla_lerobot.drivers.robot_class import one_line


@dataclass
class CycleState:
    """What the driver knows of itself; written in one thread, read in others.

    Attributes:
        cycles: done.
        errors: cycles without an answer, of all.
        in_a_row: of them, the newest.
        error: the last one, in words.
        is_lost: the connection is given up; it is tried again.
        is_released: torque is off because somebody said so.
        reconnects: how often it came back.
        beyond: joints that were commanded beyond their calibrated range in the last cycle.
    """

    cycles: int = 0
    errors: int = 0
    in_a_row: int = 0
    error: str = ''
    is_lost: bool = False
    is_released: bool = False
    reconnects: int = 0
    beyond: tuple[str, ...] = ()


class DriverCycle:
    """Reads and commands a robot, once per call; nothing that a robot does makes it raise.

    Without a command, without an answer and without a connection it sends nothing: the motors
    hold what they were told last.
    """

    def __init__(
        self,
        link: Link,
        inbox: CommandInbox,
        config: LerobotRobotConfig,
        on_joints: Callable[[int, Vector], None],
        clock_ns: Callable[[], int],
    ) -> None:
        """Begin with a robot that is open and holds.

        Args:
            link: the robot.
            inbox: of commands.
            config: of the node.
            on_joints: takes stamp [ns] and positions, shape (D,), of every answer.
            clock_ns: the clock of the stamps [ns].
        """
        self.state = CycleState()
        self.health = MotorHealth(config)
        self._link, self._inbox, self._config = link, inbox, config
        self._on_joints, self._clock_ns = on_joints, clock_ns
        self._guard = ReadingGuard()
        self._registers = itertools.cycle(REGISTERS)
        self._register_ns = to_ns(config.health_period_s / len(REGISTERS))
        self._next_register_ns = self._next_attempt_ns = 0

    def step(self) -> None:
        """Do one cycle."""
        self.state.cycles += 1
        try:
            if self.state.is_lost:
                self._reconnect()
            else:
                self._read_and_send()
        except Exception as error:  # noqa: BLE001 - classes of others; torque and thread stay on
            self._count(one_line(error))

    def release(self) -> None:
        """Take the torque, and obey nobody until `hold`.

        Raises:
            Exception: whatever the class raises; the driver then obeys nobody either.
        """
        self.state.is_released = True
        self.health.expect_torque(False)
        self._inbox.forget()
        self._link.release()

    def hold(self) -> None:
        """Give torque where the arm stands, and take commands again.

        Raises:
            Exception: whatever the class raises.
        """
        self._inbox.forget()
        self._link.hold()
        self.state.is_released = False
        self.health.expect_torque(True)

    def _read_and_send(self) -> None:
        before_ns = self._clock_ns()
        measured = self._link.read()
        now_ns = self._clock_ns()
        self._guard.check(measured, now_ns)
        # Of a transfer of a millisecond nobody knows when which motor was asked.
        self._on_joints((before_ns + now_ns) // 2, measured)
        target = None if self.state.is_released else self._inbox.target(measured, now_ns)
        if target is not None:
            self.state.beyond = tuple(self._link.send(target))
        self.state.in_a_row = 0
        if now_ns >= self._next_register_ns:
            self._next_register_ns = now_ns + self._register_ns
            register = next(self._registers)
            self.health.take(register, self._link.registers(register))

    def _reconnect(self) -> None:
        now_ns = self._clock_ns()
        if now_ns < self._next_attempt_ns:
            return
        self._next_attempt_ns = now_ns + to_ns(self._config.reconnect_s)
        self._inbox.forget()
        self._link.reconnect()
        self.state.is_lost, self.state.in_a_row = False, 0
        self.state.reconnects += 1

    def _count(self, error: str) -> None:
        state = self.state
        state.error = error
        state.errors += 1
        state.in_a_row += 1
        if not state.is_lost and state.in_a_row >= self._config.errors_in_a_row:
            state.is_lost = True
            self._next_attempt_ns = 0
            self._inbox.forget()
            self.health.forget()
            self._guard.forget()
