"""An SO-101 behind LeRobot's class and our driver, whose motors turn the joints of a world.

The port, the SDK, LeRobot's class and the cycle of the driver are the real ones; time is the
simulated one. Between LeRobot's encoder steps and the joints stands the calibration.
"""

from collections.abc import Sequence
import math
from pathlib import Path

import numpy as np
from support.fake_robot.lines import Lines
from support.fake_robot.motor_log import MotorLog
from support.fake_robot.vendors.joint_motor import JointMotor
from support.fake_robot.vendors.robots import LEROBOT
from vla_action_filter.output.command_loop import Orders
from vla_contract.schema import load_yaml
from vla_contract.values import JointSample, to_ns, Vector
from vla_lerobot.drivers.commands.curve import Curve
from vla_lerobot.drivers.commands.inbox import CommandInbox
from vla_lerobot.drivers.config import LerobotRobotConfig
from vla_lerobot.drivers.cycle import DriverCycle
from vla_lerobot.drivers.driver_file import load_driver_file
from vla_lerobot.drivers.in_cell import driven_joints, first_steps
from vla_lerobot.drivers.lerobot_link import LerobotLink
from vla_lerobot.drivers.simulated.port import SimulatedPort
from vla_lerobot.drivers.simulated.so101 import LIMITS, OFFSETS, write_calibration
from vla_sim_bridge.scene.world import World
import yaml

DRIVER_FILE = Path(__file__).parents[4] / 'config' / 'lerobot_robots' / 'so101.yaml'
_CHANNEL = 'robot'
_LED_RAD_S = 5.0


class BusRobot:
    """The driver in simulated time.

    Attributes:
        now_ns: time [ns].
        log: goals of the motors, and joints of the world.
        complaints: commands that the driver refused, and cycles without an answer.
        accepted: commands that it took.
        sample: what the driver has measured last.
    """

    def __init__(self, world: World, folder: Path, now_ns: int = 1_000_000_000) -> None:
        """Open a port and LeRobot's robot on it; files go to the folder."""
        self.now_ns, self.complaints, self.accepted = now_ns, Lines(), 0
        self._world, self._cell = world, world.cell
        names = self._cell.joint_names
        self.log = MotorLog(names, 10_000)
        rows = enumerate(zip(self._cell.joints, LIMITS, OFFSETS, strict=True), start=1)
        self._motors = [JointMotor(id_, *row, id_ - 1 in self._cell.grippers) for id_, row in rows]
        self._turn(world.joint_sample().position)
        for motor in self._motors:
            motor.hold()
        self._port = SimulatedPort(self._motors)
        config = LerobotRobotConfig()
        self._period_ns = to_ns(1.0 / config.rate_hz)
        file = load_driver_file(str(_driver_file(folder, self._port.path)))
        joints = driven_joints(file, self._cell)
        self._link = LerobotLink(file, joints, more_ms=1000.0)
        steps = first_steps(joints, self._cell, config.first_step_rad)
        timeout_ns = to_ns(config.command_timeout_s)
        self._inbox = CommandInbox(names, steps, timeout_ns, [_CHANNEL])
        self.cycle = DriverCycle(
            self._link, self._inbox, config, self._measure, lambda: self.now_ns
        )
        self.sample: JointSample | None = None
        self.advance_to(self.now_ns + self._period_ns)

    def close(self) -> None:
        """Let go of the port."""
        self._link.close()
        self._port.close()

    def advance_to(self, now_ns: int) -> None:
        """Run the cycles of the driver that are due by now."""
        while self.now_ns + self._period_ns <= now_ns:
            with self._port.lock:
                goals = [motor.goal for motor in self._motors]
            self._world.step(np.array(goals), self._period_ns)
            position = self._world.joint_sample().position
            with self._port.lock:
                self._turn(position)
            self.now_ns += self._period_ns
            self.log.add(self.now_ns, goals, position.tolist())
            before = self.cycle.state.errors
            self.cycle.step()
            if self.cycle.state.errors > before:
                self.complaints.append(self.cycle.state.error)

    def send(self, orders: Orders, now_ns: int) -> None:
        """Take the orders of a cycle of the filter, as the driver's channel does."""
        if not orders.curve:
            return
        curve = Curve(
            np.array([knot.time_ns for knot in orders.curve]),
            np.array([knot.position for knot in orders.curve]),
            np.array([knot.velocity for knot in orders.curve]),
        )
        before = self._inbox.refusal
        self._inbox.offer(_CHANNEL, list(range(len(self._cell.joints))), curve, now_ns)
        self.accepted += 1
        if self._inbox.refusal and self._inbox.refusal != before:
            self.complaints.append(self._inbox.refusal)

    def restart(self) -> None:
        """Be led by hand, without torque, to where the world was reset to; hold there."""
        self.cycle.release()
        position = self._world.joint_sample().position
        with self._port.lock:
            before = np.array([motor.joint_position for motor in self._motors])
        cycles = math.ceil(np.abs(position - before).max() / (_LED_RAD_S * self._period_ns * 1e-9))
        for k in range(1, cycles + 1):
            with self._port.lock:
                self._turn(before + k / cycles * (position - before))
            self.now_ns += self._period_ns
            self.cycle.step()
        self.cycle.hold()

    def _turn(self, position: Sequence[float] | Vector) -> None:
        for motor, value in zip(self._motors, position, strict=True):
            motor.turn(float(value))

    def _measure(self, stamp_ns: int, position: Vector) -> None:
        self.sample = JointSample(stamp_ns, position, np.full(len(position), np.nan))


def _driver_file(folder: Path, port: str) -> Path:
    values = load_yaml(DRIVER_FILE)
    values['robot'] |= {
        'port': port,
        'id': LEROBOT,
        'calibration_dir': str(folder / 'calibration'),
    }
    write_calibration(folder / 'calibration', LEROBOT)
    path = folder / 'driver.yaml'
    path.write_text(yaml.safe_dump(values))
    return path
