import numpy as np
import pytest
from vla_action_filter.plan.chunk_player import ChunkPlayer
from vla_action_filter.plan.paced_player import PacedPlayer
from vla_contract.values import ActionChunk, to_ns

PERIOD_NS = to_ns(0.01)


def sweep(cell, stamp_ns: int, start: float = 0.0) -> ActionChunk:
    """Return a plan that turns the first joint at 1 rad/s."""
    positions = np.tile(cell.home, (16, 1))
    positions[:, 0] += start + 0.1 * np.arange(16)
    return ActionChunk(stamp_ns, to_ns(0.1), positions)


def turned(cell, player, first_ns: int, last_ns: int, speed: float) -> np.ndarray:
    """Return how far the first joint was to be turned in every period [rad]."""
    times = range(first_ns, last_ns, PERIOD_NS)
    return np.array([player.sample(now_ns, speed)[0][0] for now_ns in times]) - cell.home[0]


def test_at_full_speed_it_is_a_chunk_player(cell):
    paced, plain = PacedPlayer(cell, ChunkPlayer()), ChunkPlayer()
    for now_ns in range(0, to_ns(2.0), PERIOD_NS):
        if now_ns % to_ns(0.4) == 0:
            chunk = sweep(cell, now_ns, now_ns / 1e9)
            assert paced.offer(chunk)
            assert plain.offer(chunk)
        for mine, theirs in zip(paced.sample(now_ns), plain.sample(now_ns), strict=True):
            assert (mine == theirs).all()
        assert paced.plan_ns == now_ns


def test_slowed_down_no_joint_is_wanted_faster_than_it_may_go(cell):
    paced = PacedPlayer(cell, ChunkPlayer())
    paced.offer(sweep(cell, 0))
    most = 0.1 * cell.joints[0].velocity
    way = turned(cell, paced, 0, to_ns(1.0), speed=0.1)
    speeds = np.diff(way) / 0.01
    assert speeds[1:].max() <= most
    assert speeds[1:].min() > 0.85 * most


def test_a_slow_motion_is_not_slowed_down(cell):
    paced = PacedPlayer(cell, ChunkPlayer())
    paced.offer(sweep(cell, 0))
    way = turned(cell, paced, 0, to_ns(1.0), speed=0.6)
    assert way[-1] == pytest.approx(0.99)


def test_a_new_plan_goes_on_where_the_arm_was_seen_and_not_where_the_clock_is(cell):
    paced = PacedPlayer(cell, ChunkPlayer())
    paced.offer(sweep(cell, 0))
    seen_ns, now_ns = to_ns(0.8), to_ns(1.0)
    way = turned(cell, paced, 0, now_ns, speed=0.1)
    seen = way[seen_ns // PERIOD_NS]
    assert paced.offer(sweep(cell, seen_ns, seen))
    (after,) = turned(cell, paced, now_ns, now_ns + 1, speed=0.1)
    assert after == pytest.approx(way[-1], abs=0.005)


def test_standing_still_is_a_speed_too(cell):
    paced = PacedPlayer(cell, ChunkPlayer())
    paced.offer(sweep(cell, 0))
    way = turned(cell, paced, 0, to_ns(1.0), speed=0.0)
    assert np.ptp(way[1:]) == 0.0


def test_older_plans_are_refused_and_none_is_none(cell):
    paced = PacedPlayer(cell, ChunkPlayer())
    assert paced.sample(0) is None
    assert paced.offer(sweep(cell, 5))
    assert not paced.offer(sweep(cell, 4))
    paced.clear()
    assert paced.chunk is None
    assert paced.offer(sweep(cell, 4))


@pytest.mark.parametrize('permitted', [1.0, 0.5, 0.1, 0.0])
@pytest.mark.parametrize('speed', [1.0, 0.6])
def test_no_plan_is_played_faster_than_the_robot_permits(cell, permitted, speed):
    paced = PacedPlayer(cell, ChunkPlayer())
    paced.permitted = permitted
    paced.offer(sweep(cell, 0))
    way = turned(cell, paced, 0, to_ns(1.0), speed)
    # However slow it is: a robot that is slowed down goes that share of any way. The first period
    # is over before anything was sampled.
    assert way[-1] - way[1] == pytest.approx(0.98 * permitted)
