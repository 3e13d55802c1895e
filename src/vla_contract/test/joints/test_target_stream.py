import itertools

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from vla_contract.chunk_curve import ChunkCurve
from vla_contract.deployment.deployment import load_cell_of
from vla_contract.joints.target_stream import TargetStream
from vla_contract.values import to_ns

CELL = load_cell_of('panda_lift_cube')
HOME = CELL.home
GRIPPER = CELL.grippers[0]
MS = 1_000_000


def stream(lead_s: float = 0.06) -> TargetStream:
    found = TargetStream(CELL, lead_s, 1 / 30)
    found.restart(HOME)
    return found


def moved(joint: int, by: float) -> np.ndarray:
    target = HOME.copy()
    target[joint] += by
    return target


def sent(found: TargetStream, targets, period_ms: int = 33):
    chunks = [found.chunk(target, k * period_ms * MS) for k, target in enumerate(targets)]
    assert None not in chunks
    return chunks


def test_a_target_is_reached_one_interval_after_the_lead():
    [chunk] = sent(stream(), [moved(0, 0.02)])
    due_ns = to_ns(0.06 + 1 / 30)
    position, _ = ChunkCurve(chunk, CELL.grippers).sample(due_ns)
    assert position == pytest.approx(moved(0, 0.02), abs=1e-4)
    assert ChunkCurve(chunk).sample(to_ns(10.0))[0] == pytest.approx(moved(0, 0.02))


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.floats(-0.05, 0.05), min_size=3, max_size=12),
    st.integers(26, 120),
    st.sampled_from([0.0, 0.03, 0.06]),
)
def test_a_chunk_repeats_what_is_already_given_out_and_goes_on_without_a_step(
    steps, period_ms, lead_s
):
    targets = [moved(0, by) for by in np.cumsum(steps)]
    chunks = sent(stream(lead_s), targets, period_ms)
    for before, after in itertools.pairwise(chunks):
        old, new = (ChunkCurve(chunk, CELL.grippers) for chunk in (before, after))
        for share in (0.0, 0.5, 1.0):
            time_ns = after.stamp_ns + round(share * to_ns(lead_s))
            # A coarse grid, of which the two chunks have different ones.
            assert new.sample(time_ns)[0] == pytest.approx(old.sample(time_ns)[0], abs=5e-3)


def test_steady_targets_give_steady_motion():
    targets = [moved(0, 0.01 * k) for k in range(12)]
    chunks = sent(stream(), targets)
    start_ns = chunks[-2].stamp_ns
    curve = ChunkCurve(chunks[-2], CELL.grippers)
    speeds = [curve.sample(start_ns + k * MS)[1][0] for k in range(1, 93)]
    assert min(speeds) == pytest.approx(0.01 / 0.033, rel=0.1)
    assert max(speeds) == pytest.approx(0.01 / 0.033, rel=0.1)


def test_a_stream_that_ends_comes_to_rest_near_its_last_target():
    chunks = sent(stream(), [moved(0, 0.01 * k) for k in range(8)])
    position, speed = ChunkCurve(chunks[-1]).sample(chunks[-1].end_ns + 1)
    assert (speed == 0.0).all()
    # It needs 0.05 s to stop: half of that at full speed.
    assert 0.0 <= position[0] - moved(0, 0.07)[0] <= 0.01 / 0.033 * 0.025 + 1e-6


def test_targets_that_come_faster_than_the_filter_can_join_them_are_thinned():
    found = stream()
    chunks = [found.chunk(moved(0, 0.001 * k), k * 16 * MS) for k in range(6)]
    assert [chunk is not None for chunk in chunks] == [True, False, True, False, True, False]


def test_a_step_that_no_joint_can_make_in_time_is_handed_on_as_a_step():
    chunks = sent(stream(), [HOME, moved(0, 1.0)])
    assert len(chunks[1].positions) == 2
    assert chunks[1].positions[1] - chunks[1].positions[0] == pytest.approx(moved(0, 1.0) - HOME)


def test_after_a_restart_the_way_begins_where_the_arm_is():
    found = stream()
    sent(found, [HOME, moved(0, 1.0)])
    found.restart(moved(0, 0.1))
    chunk = found.chunk(moved(0, 0.12), 500 * MS)
    assert chunk is not None
    assert chunk.positions[0] == pytest.approx(moved(0, 0.1))


def test_a_pause_says_nothing_about_speed_or_interval():
    found = stream()
    sent(found, [moved(0, 0.01 * k) for k in range(6)])
    chunk = found.chunk(moved(0, 0.06), 6_000 * MS)
    assert chunk is not None
    assert chunk.positions.max(axis=0)[0] == pytest.approx(moved(0, 0.06)[0], abs=2e-3)
    assert chunk.end_ns - chunk.stamp_ns < 200 * MS


def test_fingers_go_to_their_target_and_not_beyond():
    chunks = sent(stream(), [moved(GRIPPER, 0.1 * min(k, 4)) for k in range(6)])
    assert chunks[-1].positions[:, GRIPPER].max() == pytest.approx(0.4)
    assert (np.diff(chunks[-1].positions[:, GRIPPER]) >= -1e-9).all()
