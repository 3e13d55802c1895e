import numpy as np
import pytest
from vla_action_filter.plan.chunk_player import ChunkPlayer
from vla_contract.values import ActionChunk

PERIOD_NS = 100_000_000


def line(stamp_ns: int = 0, count: int = 5) -> ActionChunk:
    return ActionChunk(stamp_ns, PERIOD_NS, np.arange(count, dtype=float)[:, None])


def test_nothing_is_played_without_a_chunk():
    assert ChunkPlayer().sample(0) is None


def test_points_are_met_at_their_time():
    player = ChunkPlayer()
    player.offer(ActionChunk(0, PERIOD_NS, np.array([[0.0], [1.0], [-2.0], [0.5]])))
    played = [player.sample(k * PERIOD_NS)[0][0] for k in range(4)]
    assert played == pytest.approx([0.0, 1.0, -2.0, 0.5])


def test_a_straight_line_keeps_its_speed():
    player = ChunkPlayer()
    player.offer(line())
    position, velocity = player.sample(150_000_000)
    assert position[0] == pytest.approx(1.5)
    assert velocity[0] == pytest.approx(10.0)


def test_velocity_is_the_derivative_of_position():
    player = ChunkPlayer()
    player.offer(ActionChunk(0, PERIOD_NS, np.array([[0.0], [1.0], [-2.0], [0.5]])))
    for now_ns in range(1_000_000, 290_000_000, 7_000_000):
        after, before = player.sample(now_ns + 1000)[0], player.sample(now_ns - 1000)[0]
        assert player.sample(now_ns)[1][0] == pytest.approx((after - before)[0] / 2e-6, rel=1e-3)


def test_the_stale_head_is_skipped():
    player = ChunkPlayer()
    player.offer(line(stamp_ns=0))
    assert player.sample(250_000_000)[0][0] == pytest.approx(2.5)


def test_after_its_end_the_last_point_holds_still():
    player = ChunkPlayer()
    player.offer(line())
    position, velocity = player.sample(10 * PERIOD_NS)
    assert (position[0], velocity[0]) == (4.0, 0.0)


def test_an_older_observation_does_not_replace_a_newer_one():
    player = ChunkPlayer()
    assert player.offer(line(stamp_ns=200))
    assert not player.offer(line(stamp_ns=100))
    assert player.chunk.stamp_ns == 200


def test_a_single_point_holds():
    player = ChunkPlayer()
    player.offer(line(count=1))
    assert player.sample(123)[0][0] == 0.0
