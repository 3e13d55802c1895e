from dataclasses import dataclass
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from vla_contract.values import ActionChunk, to_ns
from vla_policy_server.serving.chunk_scheduler import ChunkScheduler, MODES, Schedule

PERIOD_NS = to_ns(0.1)
USABLE_NS = to_ns(1.5)


def chunk_at(stamp_ns: int, steps: int = 16) -> ActionChunk:
    return ActionChunk(stamp_ns, PERIOD_NS, np.arange(steps, dtype=float)[:, None])


def make(mode: str = 'async', execute_steps: int = 8, usable_ns: int = USABLE_NS):
    return ChunkScheduler(Schedule(mode, execute_steps), PERIOD_NS, usable_ns)


@dataclass
class Played:
    """What came out of a simulated run.

    Attributes:
        chunks: every chunk as it was to be played, with the time of its arrival [ns].
        begun: observation times [ns].
        overlaps: inferences that began while another one ran.
    """

    chunks: list[tuple[int, ActionChunk]]
    begun: list[int]
    overlaps: int


def play(scheduler: ChunkScheduler, delays_ns: list[int], steps: int = 16) -> Played:
    """Run one inference per delay; the scheduler is asked every 10 ms."""
    played = Played([], [], 0)
    now_ns, running = 0, None
    delays = iter(delays_ns)
    while True:
        if running is not None and now_ns >= running[1]:
            chunk = scheduler.finish(chunk_at(running[0], steps), now_ns)
            played.chunks.append((now_ns, chunk))
            running = None
        if scheduler.is_due(now_ns):
            played.overlaps += running is not None
            delay_ns = next(delays, None)
            if delay_ns is None:
                return played
            scheduler.begin(now_ns)
            played.begun.append(now_ns)
            running = (now_ns, now_ns + delay_ns)
        now_ns += to_ns(0.01)


def count_starved(chunks: list[tuple[int, ActionChunk]], usable_ns: int) -> int:
    """Count control periods without a step, tick by tick, from when a chunk has run out."""
    starved = 0
    for (_, old), (arrival_ns, _) in pairwise(chunks):
        tick_ns = old.stamp_ns + min(len(old.positions) * PERIOD_NS, usable_ns)
        while tick_ns < arrival_ns:
            starved += 1
            tick_ns += PERIOD_NS
    return starved


delays_of = st.lists(st.integers(0, 1400), min_size=2, max_size=20).map(
    lambda values: [to_ns(value / 1000) for value in values]
)


@given(mode=st.sampled_from(MODES), execute=st.integers(1, 20), delays=delays_of)
@settings(deadline=None, max_examples=60)
def test_one_inference_at_a_time_and_every_starved_period_is_counted(mode, execute, delays):
    scheduler = make(mode, execute)
    played = play(scheduler, delays)
    assert played.overlaps == 0
    last_ns = played.chunks[-1][0]
    assert scheduler.starved_periods(last_ns) == count_starved(played.chunks, USABLE_NS)


@given(mode=st.sampled_from(MODES), execute=st.integers(1, 20), delays=delays_of)
@settings(deadline=None, max_examples=60)
def test_a_chunk_never_starts_before_its_observation_nor_after_its_arrival(mode, execute, delays):
    played = play(make(mode, execute), delays)
    for observed_ns, (arrival_ns, chunk) in zip(played.begun, played.chunks, strict=True):
        assert observed_ns <= chunk.stamp_ns <= arrival_ns
    stamps = [chunk.stamp_ns for _, chunk in played.chunks]
    assert stamps == sorted(stamps)


@given(
    delay=st.integers(0, 630),
    jitter=st.lists(st.integers(0, 20), min_size=12, max_size=12),
    execute=st.integers(1, 16),
)
@settings(deadline=None, max_examples=60)
def test_async_never_starves_when_a_delay_fits_twice_into_a_chunk(delay, jitter, execute):
    scheduler = make('async', execute)
    played = play(scheduler, [to_ns((delay + extra) / 1000) for extra in jitter])
    assert scheduler.starved_periods(played.chunks[-1][0]) == 0


@given(slow=st.integers(0, 600), slower=st.integers(0, 600), execute=st.integers(1, 16))
@settings(deadline=None, max_examples=40)
def test_a_longer_delay_never_makes_the_next_inference_later(slow, slower, execute):
    starts = []
    for delay in sorted((slow, slower)):
        scheduler = make('async', execute)
        scheduler.begin(0)
        scheduler.finish(chunk_at(0), to_ns(delay / 1000))
        chunk = scheduler.chunk
        due = next(k for k in range(400) if scheduler.is_due(chunk.stamp_ns + to_ns(k / 100)))
        starts.append(due)
    assert starts[1] <= starts[0]


def test_from_standing_a_chunk_starts_with_its_first_step():
    scheduler = make()
    scheduler.begin(0)
    assert scheduler.finish(chunk_at(0), to_ns(0.4)).stamp_ns == to_ns(0.4)


def test_steps_that_became_stale_in_motion_are_skipped():
    scheduler = make()
    scheduler.begin(0)
    scheduler.finish(chunk_at(0), 0)
    scheduler.begin(to_ns(0.8))
    assert scheduler.finish(chunk_at(to_ns(0.8)), to_ns(1.2)).stamp_ns == to_ns(0.8)


def test_only_the_time_it_stood_is_given_back():
    scheduler = make(usable_ns=to_ns(1.5))
    scheduler.begin(0)
    scheduler.finish(chunk_at(0), 0)
    scheduler.begin(to_ns(1.2))
    # The arm had steps until 1.5 s and then stood for 0.2 s.
    assert scheduler.finish(chunk_at(to_ns(1.2)), to_ns(1.7)).stamp_ns == to_ns(1.4)
    assert scheduler.starved_periods(to_ns(1.7)) == 2


def test_sync_plays_its_steps_to_the_end_before_it_thinks():
    scheduler = make('sync', execute_steps=5)
    scheduler.begin(0)
    chunk = scheduler.finish(chunk_at(0), to_ns(0.4))
    assert len(chunk.positions) == 5
    # The fifth step is due 0.4 s after the first.
    assert not scheduler.is_due(to_ns(0.79))
    assert scheduler.is_due(to_ns(0.8))
    scheduler.begin(to_ns(0.8))
    assert scheduler.finish(chunk_at(to_ns(0.8)), to_ns(1.3)).stamp_ns == to_ns(1.3)
    assert scheduler.starved_periods(to_ns(1.3)) == 4
    assert scheduler.steps_left(to_ns(1.3)) == 5


@pytest.mark.parametrize('steps', [1, 2, 3])
@pytest.mark.parametrize('delay_s', [0.0, 0.05, 0.24, 0.7])
def test_a_chunk_of_up_to_three_steps_is_played_to_its_end(steps, delay_s):
    scheduler = make('async', execute_steps=1)
    scheduler.begin(0)
    scheduler.finish(chunk_at(0, steps), to_ns(delay_s))
    # A lone step that comes late is given half a period.
    sent_s = max(0.05, 0.1 * (steps - 1))
    due_ns = to_ns(max(0.1 * steps, delay_s + sent_s))
    assert scheduler.plays_to_its_end
    assert not scheduler.is_due(due_ns - 1)
    assert scheduler.is_due(due_ns)


def test_a_longer_chunk_too_when_its_answer_comes_after_its_last_step():
    scheduler = make('async', execute_steps=4)
    play(scheduler, [to_ns(0.8)] * 3, steps=6)
    assert scheduler.plays_to_its_end
    assert not scheduler.is_due(scheduler.chunk.end_ns - 1)
    play(scheduler, [to_ns(0.1)] * 60, steps=6)
    assert not scheduler.plays_to_its_end


@pytest.mark.parametrize(('delay_s', 'stamp_s'), [(0.05, 0.0), (0.1, 0.0), (0.24, 0.14)])
def test_a_lone_step_is_due_a_period_after_it_was_asked_for_or_at_once(delay_s, stamp_s):
    scheduler = make()
    scheduler.begin(0)
    assert scheduler.finish(chunk_at(0, 1), to_ns(delay_s)).stamp_ns == to_ns(stamp_s)


def test_a_first_point_where_the_arm_was_seen_is_no_step():
    scheduler = make('sync', execute_steps=4)
    scheduler.begin(0)
    chunk = scheduler.finish(chunk_at(0, 9), to_ns(0.24), starts_as_seen=True)
    assert len(chunk.positions) == 5
    # Its first move is due at once.
    assert chunk.stamp_ns == to_ns(0.14)


def test_async_starts_after_its_steps_when_the_rest_lasts():
    scheduler = make('async', execute_steps=8)
    scheduler.begin(0)
    scheduler.finish(chunk_at(0), 0)
    assert not scheduler.is_due(to_ns(0.79))
    assert scheduler.is_due(to_ns(0.8))


def test_async_starts_sooner_when_the_rest_would_not_last():
    scheduler = make('async', execute_steps=12)
    play(scheduler, [to_ns(0.6)] * 4)
    start_ns = scheduler.chunk.stamp_ns
    # 1.5 s are usable, 0.6 s pass until the answer, one step is kept: 0.8 s.
    assert not scheduler.is_due(start_ns + to_ns(0.79))
    assert scheduler.is_due(start_ns + to_ns(0.8))


def test_a_cold_start_and_an_old_spike_are_forgotten():
    scheduler = make()
    play(scheduler, [to_ns(1.2), to_ns(0.1), to_ns(0.1)])
    assert scheduler.delay_ns == pytest.approx(to_ns(0.1))
    play(scheduler, [to_ns(1.4)] + [to_ns(0.1)] * 60)
    assert scheduler.delay_ns == pytest.approx(to_ns(0.1))


def test_a_failed_inference_leaves_the_chunk_in_use():
    scheduler = make()
    scheduler.begin(0)
    chunk = scheduler.finish(chunk_at(0), 0)
    scheduler.begin(to_ns(0.8))
    assert scheduler.finish(None, to_ns(0.9)) is None
    assert scheduler.chunk is chunk
    assert scheduler.is_due(to_ns(0.9))
