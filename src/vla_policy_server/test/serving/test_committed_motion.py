import numpy as np
import pytest
from vla_contract.filter_status import PlanProgress, TakenChunk
from vla_contract.values import ActionChunk, to_ns
from vla_policy_server.serving.committed_motion import CommittedMotion

STEP_NS = to_ns(0.1)
START_NS = to_ns(5.0)
CHUNK = ActionChunk(START_NS, STEP_NS, np.arange(16.0)[:, None])


def playing(time_s: float, plan_s: float, rate: float = 1.0, chunk=CHUNK, shown_s=5.0):
    """Return a motion of which the filter said at a time how far its plan is."""
    motion = CommittedMotion()
    motion.publish(CHUNK)
    taken = TakenChunk(chunk.stamp_ns, to_ns(shown_s))
    motion.see(PlanProgress(taken, to_ns(time_s), to_ns(plan_s), rate))
    return motion


def test_at_full_speed_it_is_the_rest_of_the_chunk_by_the_clock():
    plan = playing(5.8, 5.8).after(to_ns(5.85), to_ns(0.25))
    assert plan.delay_steps == 3
    assert plan.positions[:, 0] == pytest.approx(
        [8.5, 9.5, 10.5, 11.5, 12.5, 13.5, 14.5], abs=0.13
    )


def test_slowed_down_it_is_where_the_arm_will_be_and_not_where_the_clock_is():
    """At a tenth of the speed 0.8 s are 0.08 s of the plan, and 0.25 s a quarter of a step."""
    plan = playing(5.8, 5.08, rate=0.1).after(to_ns(5.85), to_ns(0.25))
    assert plan.delay_steps == 1
    assert plan.positions[0, 0] == pytest.approx(0.85, abs=1e-6)
    assert len(plan.positions) == 15


def test_a_chunk_seen_by_a_slowed_clock_counts_from_what_that_showed():
    plan = playing(5.8, 4.5, rate=0.5, shown_s=4.2).after(to_ns(5.8), 0)
    assert plan.positions[0, 0] == pytest.approx(3.0)


def test_a_chunk_that_the_filter_did_not_take_is_continued_by_nobody():
    motion = playing(5.8, 5.8)
    newer = ActionChunk(to_ns(5.7), STEP_NS, np.full((16, 1), 99.0))
    motion.publish(newer)
    plan = motion.after(to_ns(5.85), 0)
    assert plan.positions.max() < 16.0


def test_what_is_not_known_or_over_is_nothing():
    assert CommittedMotion().after(0, 0) is None
    motion = playing(5.8, 5.8)
    assert motion.after(to_ns(6.4), 0) is None
    assert playing(7.0, 7.0).after(to_ns(7.0), 0) is None
    motion.see(None)
    assert motion.after(to_ns(5.85), 0) is None
    unknown = ActionChunk(START_NS + 1, STEP_NS, CHUNK.positions)
    assert playing(5.8, 5.8, chunk=unknown).after(to_ns(5.85), 0) is None
    motion = playing(5.8, 5.8)
    motion.restart()
    assert motion.after(to_ns(5.85), 0) is None
