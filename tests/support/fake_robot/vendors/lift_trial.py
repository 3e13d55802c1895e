"""A shipped robot lifts a cube by the scripted expert, behind its maker's channels, without DDS.

Everything is in simulated time: the filter's cycles, which come late by some milliseconds, the
controllers at their rate, the servos and the cube of the simulated world.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from support.fake_robot.motor_log import MotorLog
from support.fake_robot.vendors.bus_robot import BusRobot
from support.fake_robot.vendors.controlled_robot import ControlledRobot
from support.fake_robot.vendors.motors import Worst, worst_of_logs
from support.fake_robot.vendors.robots import LEROBOT, real_with_the_task
from vla_action_filter.config import FilterConfig
from vla_action_filter.output.command_loop import CommandLoop, Orders
from vla_contract.filter_status import Verdict
from vla_contract.values import ActionChunk, JointSample, Observation, to_ns, Vector
from vla_sim_bridge.demonstrations.make_expert import make_scripted_expert
from vla_sim_bridge.scene.world import World

_LATE_S, _LATENCY_S, _INFER_S = 0.005, 0.06, 0.4


class _Driven(Protocol):
    """What the trial needs of a robot and its driver."""

    now_ns: int
    log: MotorLog

    def advance_to(self, now_ns: int) -> Any:
        """Let time pass."""

    def restart(self) -> None:
        """Take over where the world was reset to."""

    def send(self, orders: Orders, now_ns: int) -> None:
        """Take what the filter has to say in a cycle."""

    @property
    def sample(self) -> JointSample | None:
        """What was measured last."""

    @property
    def complaints(self) -> Sequence[str]:
        """What was refused."""

    @property
    def accepted(self) -> int:
        """How much was not."""


class LiftTrial:
    """One robot.

    Attributes:
        cell: of its real deployment.
        robot: the double.
        stops: what the filter said in cycles that stopped the arm.
        holds: what it said in those that held it, after it had armed.
    """

    def __init__(self, name: str, folder: Path) -> None:
        """Build world, driver and filter; files, where the driver needs some, go to the folder."""
        deployment = real_with_the_task(name)
        self.cell = cell = deployment.cell
        self._world = World(deployment)
        self.robot: _Driven = (
            BusRobot(self._world, folder)
            if name == LEROBOT
            else ControlledRobot(name, self._world)
        )
        self._loop = CommandLoop(cell, FilterConfig())
        self._expert = make_scripted_expert(deployment, 'cpu')
        self._limit_s = deployment.task.time_limit_s
        self._step_ns = to_ns(1.0 / deployment.policy.rate_hz)
        self._period_ns = to_ns(1.0 / cell.rates.filter_hz)
        self._rng = np.random.default_rng(0)
        self._worst: list[Worst] = []
        self.stops: set[str] = set()
        self.holds: set[str] = set()

    @property
    def worst(self) -> Worst:
        """The worst moments of all that was run [shares of the limits]."""
        return replace(self._worst[0], **{
            name: max(getattr(worst, name) for worst in self._worst)
            for name in vars(self._worst[0])
        })  # fmt: skip

    def hold(self, seconds: float) -> None:
        """Ask for the position at which the arm stands."""
        self._reset(0)
        home = self._position()
        self._run(lambda: np.tile(home, (16, 1)), seconds)
        self._judge()

    def episode(self, seed: int) -> bool:
        """Lift the cube; returns whether it was."""
        self._reset(seed)

        def plan() -> Vector:
            extras = self._world.extras()
            return self._expert.infer(Observation(0, self._position(), {}, '', extras)).positions

        self._run(plan, self._limit_s, lambda: self._world.success)
        self._judge()
        return self._world.success

    def _position(self) -> Vector:
        sample = self.robot.sample
        assert sample is not None
        return sample.position

    def _reset(self, seed: int) -> None:
        self._world.reset(seed)
        self.robot.restart()
        self.robot.advance_to(self.robot.now_ns + to_ns(0.2))
        self.robot.log.clear()
        # As a person does after a stop.
        self._loop.filter.reset(self.robot.now_ns)
        self._loop.restart()

    def _run(
        self, plan: Callable[[], Vector], seconds: float, is_over: Callable[[], bool] = bool
    ) -> None:
        begin_ns, has_armed = self.robot.now_ns, False
        infer_ns, answer = begin_ns, None
        for cycle in range(1, round(seconds * 1e9 / self._period_ns)):
            late_ns = to_ns(self._rng.uniform(0.0, _LATE_S))
            now_ns = begin_ns + cycle * self._period_ns + late_ns
            self.robot.advance_to(now_ns)
            core, sample = self._loop.filter, self.robot.sample
            assert sample is not None
            core.offer_joints(sample)
            if now_ns >= infer_ns:
                infer_ns += to_ns(_INFER_S)
                answer = ActionChunk(sample.stamp_ns, self._step_ns, plan())
            if answer is not None and now_ns >= answer.stamp_ns + to_ns(_LATENCY_S):
                core.offer_chunk(answer, now_ns)
                answer = None
            orders = self._loop.cycle(now_ns)
            verdict = orders.result.verdict
            has_armed = has_armed or verdict < Verdict.HOLD
            if has_armed and verdict >= Verdict.HOLD:
                kept = self.stops if verdict >= Verdict.STOP else self.holds
                kept.add(str(orders.result.reason))
            self.robot.send(orders, now_ns)
            if is_over():
                return

    def _judge(self) -> None:
        self._worst.append(worst_of_logs(self.cell, [self.robot.log]))
