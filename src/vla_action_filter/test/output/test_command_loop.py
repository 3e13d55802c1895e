"""What one cycle after another tells the controllers."""

import numpy as np
from vla_action_filter.config import FilterConfig
from vla_action_filter.output.command_curve import motion_at
from vla_action_filter.output.command_loop import CommandLoop
from vla_contract.chunk_curve import ChunkCurve
from vla_contract.deployment.cell import load_cell
from vla_contract.values import ActionChunk, JointSample, to_ns

CELL = load_cell('panda_table')
PERIOD_NS = to_ns(0.01)


class Bench:
    """An arm that is where it is told to be, and a clock that can be set."""

    def __init__(self) -> None:
        self.loop = CommandLoop(CELL, FilterConfig())
        self.now_ns = to_ns(1000.0)
        self.position = np.array(CELL.home)

    def cycle(self):
        self.now_ns += PERIOD_NS
        still = np.zeros_like(self.position)
        self.loop.filter.offer_joints(JointSample(self.now_ns, self.position, still))
        orders = self.loop.cycle(self.now_ns)
        if orders.curve:
            self.position = motion_at(orders.curve, self.now_ns)[0]
        return orders

    def move(self) -> None:
        points = np.tile(CELL.home, (16, 1))
        points[:, 0] += np.linspace(0.0, 1.5, 16)
        for _ in range(3):
            self.cycle()
        self.loop.filter.offer_chunk(ActionChunk(self.now_ns, to_ns(0.1), points), self.now_ns)
        for _ in range(80):
            self.cycle()


def test_a_clock_that_is_set_back_brakes_at_once_from_where_the_arm_is():
    bench = Bench()
    bench.move()
    before = [bench.position[0]]
    for _ in range(2):
        bench.cycle()
        before.append(bench.position[0])
    speed = (before[2] - before[1]) / 0.01
    assert speed > 0.5
    bench.now_ns -= to_ns(5.0)
    orders = bench.cycle()
    assert orders.result.reason == 'clock went backwards'
    path = [*before, bench.position[0]]
    for _ in range(40):
        assert bench.cycle().result.reason == 'clock went backwards'
        path.append(bench.position[0])
    limit = CELL.joints[0].acceleration * 1.001
    assert np.abs(np.diff(path, 2)).max() / 0.01**2 <= limit
    assert path[-1] == path[-2]


def test_every_command_that_came_due_says_what_the_plan_asked_for_at_its_time():
    bench = Bench()
    bench.move()
    chunk = bench.loop.filter.plan.chunk
    curve = ChunkCurve(chunk, CELL.grippers)
    played = [one for _ in range(30) for one in bench.cycle().played]
    assert len(played) == 30
    assert np.diff([one.time_ns for one in played]).tolist() == [PERIOD_NS] * 29
    for one in played:
        position, velocity = curve.sample(one.time_ns)
        assert np.array_equal(one.desired.position, position)
        assert np.array_equal(one.desired.velocity, velocity)
        assert one.desired.plan_ns == one.time_ns


def test_a_stop_dates_its_verdict_and_asks_for_nothing_from_then_on():
    bench = Bench()
    bench.move()
    before = bench.loop.since_ns
    bench.loop.filter.set_e_stop(True)
    played = list(bench.cycle().played)
    since_ns = bench.loop.since_ns
    played += [one for _ in range(9) for one in bench.cycle().played]
    assert before < since_ns
    asked = [one.desired is not None for one in played]
    assert [one.time_ns < since_ns for one in played] == asked
    assert not asked[-1]


def test_what_is_desired_moves_with_a_clock_that_is_set_back():
    bench = Bench()
    bench.move()
    bench.now_ns -= to_ns(5.0)
    played = bench.cycle().played
    assert all(abs(one.time_ns - bench.now_ns) <= to_ns(0.1) for one in played)
