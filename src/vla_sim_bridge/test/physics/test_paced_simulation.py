import numpy as np
import pytest
from vla_contract.values import to_ns
from vla_sim_bridge.physics.paced_simulation import PacedSimulation

TICK_NS = to_ns(0.005)


class FakeClock:
    """Time passes only by waiting, plus `work_ns` per reading."""

    def __init__(self, ticks: int, work_ns: int = 0) -> None:
        self.now_ns = 0
        self.left = ticks
        self.work_ns = work_ns
        self.waits: list[float] = []

    def read(self) -> int:
        self.now_ns += self.work_ns
        return self.now_ns

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.now_ns += to_ns(seconds)
        self.left -= 1
        return self.left <= 0


def run(world, clock: FakeClock, speed: float = 1.0):
    ticks = []
    world.reset(0)
    simulation = PacedSimulation(world, TICK_NS, speed, clock.read, clock.wait, ticks.append)
    simulation.run()
    return simulation, ticks


def test_it_keeps_the_pace_of_the_clock(world):
    clock = FakeClock(ticks=100)
    _, ticks = run(world, clock)
    assert len(ticks) == 100
    assert clock.now_ns == pytest.approx(100 * TICK_NS)
    assert ticks[-1].time_ns - ticks[0].time_ns == pytest.approx(99 * TICK_NS, abs=to_ns(0.002))


def test_it_runs_faster_when_told(world):
    clock = FakeClock(ticks=100)
    run(world, clock, speed=5.0)
    assert clock.now_ns == pytest.approx(100 * TICK_NS / 5)


def test_lost_time_is_given_up_and_counted(world):
    clock = FakeClock(ticks=200, work_ns=to_ns(0.01))
    simulation, ticks = run(world, clock)
    assert len(ticks) == 200
    assert simulation.lost_s > 0.5


def test_a_command_moves_the_arm_and_a_bad_one_is_refused(world):
    world.reset(0)
    simulation = PacedSimulation(world, TICK_NS, 1.0, lambda: 0, lambda s: True, lambda tick: None)
    target = world.command
    target[0] += 0.05
    assert simulation.command(target)
    assert not simulation.command(target * np.nan)
    simulation.tick()
    assert world.command[0] == target[0]


def test_a_reset_drops_the_old_command(world):
    world.reset(0)
    simulation = PacedSimulation(world, TICK_NS, 1.0, lambda: 0, lambda s: True, lambda tick: None)
    simulation.command(world.command + 0.3)
    simulation.reset(4)
    fresh = world.command
    simulation.tick()
    assert np.array_equal(world.command, fresh)
