from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from vla_action_filter.action_filter import ActionFilter
from vla_action_filter.config import FilterConfig
from vla_action_filter.verdict import State
from vla_contract.chunk_curve import ChunkCurve
from vla_contract.deployment.cell import load_cell
from vla_contract.filter_status import ChunkFault, Reason, ReasonCode, Verdict
from vla_contract.values import ActionChunk, JointSample, to_ns

PERIOD_NS = to_ns(0.01)


class Bench:
    """A filter with a clock and a robot that is always where it was told to be."""

    def __init__(self, cell, **settings) -> None:
        self.cell = cell
        self.filter = ActionFilter(cell, FilterConfig(**settings))
        self.now_ns = to_ns(10.0)
        self.measured = cell.home

    def joints(self) -> None:
        zero = np.zeros_like(self.measured)
        self.filter.offer_joints(JointSample(self.now_ns, self.measured, zero))

    def step(self, measure: bool = True):
        self.now_ns += PERIOD_NS
        if measure:
            self.joints()
        result = self.filter.step(self.now_ns)
        if result.command is not None:
            self.measured = result.command
        return result

    def chunk(self, offset: float, stamp_ns: int | None = None) -> ActionChunk:
        positions = np.tile(self.cell.home, (16, 1))
        positions[:, 0] += offset * np.linspace(0.0, 1.0, 16)
        return ActionChunk(self.now_ns if stamp_ns is None else stamp_ns, to_ns(0.1), positions)

    def offer(self, chunk: ActionChunk) -> str:
        return self.filter.offer_chunk(chunk, self.now_ns)


@pytest.fixture
def bench(cell) -> Bench:
    return Bench(cell)


def test_nothing_is_commanded_before_the_first_joint_state(bench):
    result = bench.step(measure=False)
    assert result.command is None
    assert result.reasons == ('no joint_states',)


def test_the_first_command_is_the_measured_position(bench):
    bench.measured = bench.cell.home + 0.01
    assert bench.step().command[:7] == pytest.approx(bench.cell.home[:7] + 0.01)


def test_the_first_command_is_the_measured_position_even_with_a_chunk_waiting(bench):
    bench.offer(bench.chunk(1.0))
    bench.now_ns += to_ns(0.5)
    assert np.array_equal(bench.step().command, bench.cell.home)


def test_a_chunk_moves_the_arm(bench):
    bench.step()
    assert bench.offer(bench.chunk(0.5)) == ''
    for _ in range(100):
        bench.step()
    assert bench.measured[0] > bench.cell.home[0] + 0.25


def test_a_stale_chunk_decelerates_to_hold(bench):
    bench.step()
    bench.offer(bench.chunk(2.0))
    speeds, last = [], bench.measured[0]
    for _ in range(200):
        result = bench.step()
        speeds.append((bench.measured[0] - last) / 0.01)
        last = bench.measured[0]
    assert result.verdict is Verdict.HOLD
    assert result.reasons == ('chunk stale',)
    assert speeds[-1] == 0.0
    assert max(speeds) > 0.5
    limit = bench.cell.joints[0].acceleration
    assert np.abs(np.diff(speeds)).max() / 0.01 <= limit * (1 + 1e-9)


def test_stale_joint_states_latch_until_reset(bench):
    bench.step()
    bench.offer(bench.chunk(1.0))
    for _ in range(60):
        result = bench.step(measure=False)
    assert result.verdict is Verdict.LATCHED
    assert result.state is State.STOPPED
    assert result.reasons == ('joint_states stale',)
    assert not bench.filter.is_moving
    assert bench.filter.reset(bench.now_ns) == 'joint_states stale'
    bench.offer(bench.chunk(1.0))
    assert bench.step().verdict is Verdict.LATCHED
    assert bench.filter.reset(bench.now_ns) == ''


def test_joint_states_from_the_future_stop(bench):
    bench.step()
    bench.offer(bench.chunk(1.0))
    late = JointSample(bench.now_ns + to_ns(60.0), bench.measured, np.zeros(8))
    bench.filter.offer_joints(late)
    results = [bench.step(measure=False) for _ in range(4)]
    assert results[0].verdict is Verdict.PASS or results[0].verdict is Verdict.CLAMP
    assert results[-1].reasons == ('joint_states 60 s in the future',)


def test_an_arm_that_is_pushed_away_stops_and_latches(bench):
    bench.step()
    bench.offer(bench.chunk(0.2))
    for _ in range(10):
        bench.step()
    bench.measured = bench.measured + 0.5
    zero = np.zeros(8)
    for _ in range(5):
        bench.now_ns += PERIOD_NS
        bench.filter.offer_joints(JointSample(bench.now_ns, bench.measured, zero))
        result = bench.filter.step(bench.now_ns)
    assert result.state is State.STOPPED
    assert result.reason.startswith('tracking error panda_joint')


@pytest.mark.parametrize('poison', [np.nan, np.inf, -np.inf])
def test_a_chunk_that_is_not_finite_is_refused(bench, poison):
    bench.step()
    positions = np.tile(bench.cell.home, (16, 1))
    positions[7, 3] = poison
    assert bench.offer(ActionChunk(bench.now_ns, to_ns(0.1), positions)) == 'chunk is not finite'
    assert bench.step().reasons == ('no chunk',)


def test_a_chunk_of_another_width_is_refused(bench):
    assert bench.offer(ActionChunk(0, 1, np.zeros((3, 6)))) == 'chunk has 6 joints, not 8'


def test_a_chunk_from_the_future_is_refused(bench):
    late = bench.chunk(0.1, stamp_ns=bench.now_ns + to_ns(5.0))
    assert bench.offer(late) == 'chunk is from the future'


def test_joint_states_that_are_not_finite_do_not_arm(bench):
    bench.measured = bench.cell.home * np.nan
    assert bench.step().command is None


def test_e_stop_latches_until_reset_after_release(bench):
    bench.step()
    bench.offer(bench.chunk(1.0))
    for _ in range(20):
        bench.step()
    bench.filter.set_e_stop(True)
    assert bench.step().verdict is Verdict.STOP
    assert bench.filter.reset(bench.now_ns) == 'e_stop is still pressed'
    bench.filter.set_e_stop(False)
    bench.offer(bench.chunk(1.0))
    assert bench.step().verdict is Verdict.STOP
    assert bench.filter.reset(bench.now_ns) == 'the arm has not come to rest'
    for _ in range(30):
        result = bench.step()
    assert result.verdict is Verdict.LATCHED
    assert result.reasons == ('e_stop released, reset needed',)
    assert bench.filter.reset(bench.now_ns) == ''
    assert bench.step().reasons == ('arming',)
    assert bench.step().reasons == ('no chunk',)


def test_reset_waits_for_an_arm_that_follows_late(bench):
    """Arming at the position of an arm that still moves would command it back: a jump."""
    bench.step()
    bench.offer(bench.chunk(1.0))
    for _ in range(20):
        bench.step()
    bench.filter.set_e_stop(True)
    while bench.step().verdict is not Verdict.LATCHED:
        pass
    bench.filter.set_e_stop(False)
    assert not bench.filter.is_moving
    assert bench.filter.reset(bench.now_ns) == 'the arm has not come to rest'
    latency_cycles = round(FilterConfig().tracking_latency_s / 0.01)
    for _ in range(latency_cycles + 2):
        bench.step()
    assert bench.filter.reset(bench.now_ns) == ''


def test_reset_never_moves_the_arm(bench):
    bench.step()
    bench.offer(bench.chunk(1.0))
    for _ in range(20):
        bench.step()
    bench.filter.set_e_stop(True)
    for _ in range(50):
        bench.step()
    still = bench.measured.copy()
    bench.filter.set_e_stop(False)
    bench.filter.reset(bench.now_ns)
    for _ in range(50):
        assert bench.step().command == pytest.approx(still, abs=1e-12)


@pytest.mark.parametrize(('beside', 'starts_at'), [(0.002, 'held'), (0.5, 'measured')])
def test_after_a_reset_an_arm_near_where_it_was_held_stays_commanded_there(
    bench, beside, starts_at
):
    """Friction leaves an arm a little beside its command; going there in one cycle is a jump."""
    bench.step()
    bench.filter.set_e_stop(True)
    for _ in range(50):
        held = bench.step().command
    bench.filter.set_e_stop(False)
    bench.measured = held + beside
    bench.filter.offer_joints(JointSample(bench.now_ns, bench.measured, np.zeros(8)))
    assert bench.filter.reset(bench.now_ns) == ''
    expected = {'held': held, 'measured': bench.measured}[starts_at]
    assert np.array_equal(bench.step().command, expected)


def test_a_clock_that_goes_backwards_stops(bench):
    bench.step()
    bench.offer(bench.chunk(1.0))
    bench.step()
    bench.now_ns -= to_ns(1.0)
    assert bench.step().reasons == ('clock went backwards',)
    bench.now_ns += to_ns(2.0)
    assert bench.step().reasons == ('clock went backwards',)
    assert bench.filter.state is State.STOPPED


def test_speed_scale_slows_down(bench):
    assert bench.filter.set_speed_scale(0.1)
    bench.step()
    bench.offer(bench.chunk(3.0))
    last, speeds = bench.measured[0], []
    for _ in range(100):
        bench.step()
        speeds.append((bench.measured[0] - last) / 0.01)
        last = bench.measured[0]
    assert max(speeds) <= 0.1 * bench.cell.joints[0].velocity * (1 + 1e-12)


def corner(cell, stamp_ns: int) -> ActionChunk:
    """Return a plan whose second joint begins when the first is there, and then the fingers."""
    positions = np.tile(cell.home, (16, 1))
    positions[1:, 0] += 0.05
    positions[2:, 1] += 0.05
    (gripper,) = cell.grippers
    positions[3:, gripper] = cell.joints[gripper].closed
    return ActionChunk(stamp_ns, to_ns(0.1), positions)


def test_at_low_speed_it_goes_the_same_way_and_cuts_no_corner(bench):
    bench.filter.set_speed_scale(0.1)
    bench.step()
    plan = corner(bench.cell, bench.now_ns)
    bench.offer(plan)
    way = np.array([bench.step().command[:2] for _ in range(100)]) - bench.cell.home[:2]
    assert way[-1] == pytest.approx([0.05, 0.05], abs=1e-3)
    times = plan.stamp_ns + np.arange(0, to_ns(0.3), to_ns(0.001))
    wanted = np.array([ChunkCurve(plan).sample(int(t))[0][:2] for t in times])
    away = np.linalg.norm(way[:, None] + bench.cell.home[:2] - wanted, axis=2).min(axis=1)
    # Joints that are each clamped to a tenth go straight across: 0.028.
    assert away.max() < 0.007


def test_after_a_hold_at_low_speed_the_next_chunk_moves_the_arm_at_once(bench):
    bench.filter.set_speed_scale(0.1)
    bench.step()
    bench.offer(bench.chunk(2.0))
    while bench.step().reasons != ('chunk stale',):
        pass
    for _ in range(500):
        bench.step()
    start = bench.measured[0]
    positions = np.tile(bench.measured, (16, 1))
    positions[:, 0] += np.linspace(0.0, 2.0, 16)
    bench.offer(ActionChunk(bench.now_ns, to_ns(0.1), positions))
    for _ in range(100):
        bench.step()
    assert bench.measured[0] - start > 0.1


@pytest.mark.parametrize('scale', [1.0, 0.3, 0.1])
def test_fingers_close_when_the_arm_is_there_however_slow(bench, scale):
    (gripper,) = bench.cell.grippers
    bench.filter.set_speed_scale(scale)
    bench.step()
    bench.offer(corner(bench.cell, bench.now_ns))
    while bench.measured[gripper] == bench.cell.home[gripper]:
        bench.step()
    assert bench.measured[1] - bench.cell.home[1] > 0.02


@pytest.mark.parametrize('scale', [-0.1, 1.1, np.nan, np.inf])
def test_a_speed_scale_outside_its_range_is_refused(bench, scale):
    assert not bench.filter.set_speed_scale(scale)


def test_a_chunk_inside_the_limits_passes(bench):
    bench.step()
    bench.offer(bench.chunk(0.2))
    verdicts = [bench.step().verdict for _ in range(100)]
    assert verdicts.count(Verdict.PASS) > 90


def largest_change(bench) -> float:
    """Replace a plan that goes left by one that goes right; return the largest speed change."""
    bench.step()
    bench.offer(bench.chunk(0.2))
    for _ in range(60):
        bench.step()
    bench.offer(bench.chunk(-0.2))
    last, speeds = bench.measured[0], []
    for _ in range(60):
        bench.step()
        speeds.append((bench.measured[0] - last) / 0.01)
        last = bench.measured[0]
    assert speeds[-1] == pytest.approx(-0.2 / 1.5, abs=0.01)
    return float(np.abs(np.diff(speeds)).max() / 0.01)


def test_a_chunk_that_jumps_is_refused_and_the_arm_holds_until_a_good_one(bench):
    bench.step()
    bench.offer(bench.chunk(0.2))
    for _ in range(50):
        bench.step()
    torn = bench.chunk(0.2)
    torn = ActionChunk(torn.stamp_ns, torn.period_ns, torn.positions + 1.2 * np.eye(8)[1])
    assert bench.offer(torn) == 'jump panda_joint2 of 1.20'
    for _ in range(20):
        result = bench.step()
    assert result.reasons == ('chunk refused, jump panda_joint2 of 1.20',)
    assert result.state is State.HOLDING
    assert not bench.filter.is_moving
    bench.offer(bench.chunk(0.2))
    assert bench.step().state is State.ACTIVE


def test_refused_chunks_in_a_row_hold_and_single_ones_do_not(bench):
    bench.step()
    bench.offer(bench.chunk(0.2))
    bad = ActionChunk(bench.now_ns, PERIOD_NS, np.full((3, 8), np.nan))
    for _ in range(2):
        bench.offer(bad)
        assert bench.step().state is State.ACTIVE
    bench.offer(bad)
    assert bench.step().reasons == ('chunk refused, chunk is not finite',)


def test_after_every_stop_speed_rises_slowly(cell):
    fast = largest_speed(Bench(cell, rearm_ramp_s=0.0))
    slow = largest_speed(Bench(cell, rearm_ramp_s=5.0))
    assert slow < 0.1 * cell.joints[0].velocity < fast


def largest_speed(bench) -> float:
    """Run a fast chunk for half a second; return the highest speed of the first joint."""
    bench.step()
    bench.offer(bench.chunk(2.0))
    positions = [bench.step().command[0] for _ in range(50)]
    return float(np.abs(np.diff(positions)).max() / 0.01)


def test_a_deactivated_filter_forgets_where_it_was_even_when_latched(bench):
    bench.step()
    bench.filter.set_e_stop(True)
    bench.step()
    bench.filter.disarm()
    result = bench.step()
    assert result.command is None
    assert result.state is State.STOPPED


def test_a_replaced_chunk_with_another_seam_keeps_the_limits(cell):
    limit = cell.joints[0].acceleration * (1 + 1e-9)
    for seam in ('replace', 'fade'):
        assert largest_change(Bench(cell, seam=seam)) <= limit


def test_an_ensemble_of_two_opposite_plans_stands_between_them(cell):
    bench = Bench(cell, seam='ensemble', ensemble_decay=0.0)
    bench.step()
    bench.offer(bench.chunk(0.2))
    bench.offer(bench.chunk(-0.2))
    for _ in range(60):
        bench.step()
    assert bench.measured[0] == pytest.approx(cell.home[0], abs=1e-6)


def test_a_faded_seam_needs_far_less_acceleration(cell):
    faded, at_once = (largest_change(Bench(cell, fade_s=fade_s)) for fade_s in (0.3, 0.0))
    # At once is as soon as the joints can without overshooting.
    limit = cell.joints[0].acceleration
    assert 0.7 * limit < at_once <= limit * (1 + 1e-9)
    assert faded < 0.75 * limit


def test_single_actions_move_the_arm_in_a_line(bench):
    bench.step()
    for k in range(1, 11):
        desired = bench.cell.home + 0.02 * k
        assert bench.filter.offer_action(desired, to_ns(0.1), bench.now_ns) == ''
        for _ in range(10):
            bench.step()
    for _ in range(30):
        bench.step()
    assert bench.measured[0] == pytest.approx(bench.cell.home[0] + 0.2, abs=0.01)


def test_a_single_action_that_is_not_finite_is_refused(bench):
    bench.step()
    desired = bench.cell.home * np.nan
    assert bench.filter.offer_action(desired, to_ns(0.1), bench.now_ns) == 'chunk is not finite'


def test_a_conflict_holds_until_it_is_over_and_a_new_chunk_comes(bench):
    bench.step()
    bench.offer(bench.chunk(1.0))
    bench.step()
    bench.filter.set_conflict('policy_chunk has 2 publishers')
    assert bench.step().reasons == ('policy_chunk has 2 publishers',)
    bench.filter.set_conflict('')
    bench.offer(bench.chunk(1.0))
    for _ in range(9):
        assert bench.step().reasons == ('policy_chunk has 2 publishers',)
    assert bench.step().reasons == ('no chunk',)
    bench.offer(bench.chunk(1.0))
    assert bench.step().verdict in (Verdict.PASS, Verdict.CLAMP)


def test_interventions_count_beginnings_not_cycles(bench):
    bench.step()
    bench.offer(bench.chunk(0.2))
    for _ in range(100):
        bench.step()
    before = bench.filter.counters['interventions']
    for _ in range(100):
        bench.step(measure=False)
    assert bench.filter.counters['interventions'] == before + 1


CELL = load_cell('panda_table')
numbers = st.floats(allow_nan=True, allow_infinity=True)
events = st.one_of(
    st.tuples(st.just('chunk'), st.lists(numbers, min_size=1, max_size=9), st.integers(1, 5)),
    st.tuples(st.just('joints'), numbers),
    st.tuples(st.just('e_stop'), st.booleans()),
    st.tuples(st.just('reset')),
    st.tuples(st.just('scale'), numbers),
    st.tuples(st.just('time'), st.floats(-1.0, 3.0)),
    st.tuples(st.just('run'), st.integers(1, 30)),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(events, max_size=25))
def test_no_sequence_of_events_commands_anything_outside_the_limits(events):
    cell = CELL
    bench = Bench(cell)
    lower = np.array([j.lower for j in cell.joints])
    upper = np.array([j.upper for j in cell.joints])
    velocity = np.array([j.velocity for j in cell.joints])[:7]
    acceleration = np.array([j.acceleration for j in cell.joints])[:7]
    last, speed = None, np.zeros(7)
    for kind, *rest in [*events, ('run', 5)]:
        if kind == 'chunk':
            row, count = rest
            stamp_ns = bench.now_ns - to_ns(0.05)
            bench.offer(ActionChunk(stamp_ns, to_ns(0.1), np.tile(row, (count, 1))))
        elif kind == 'joints':
            zero = np.zeros(8)
            bench.filter.offer_joints(JointSample(bench.now_ns, np.full(8, rest[0]), zero))
        elif kind == 'e_stop':
            bench.filter.set_e_stop(rest[0])
        elif kind == 'reset':
            bench.filter.reset(bench.now_ns)
        elif kind == 'scale':
            bench.filter.set_speed_scale(rest[0])
        elif kind == 'time':
            bench.now_ns += to_ns(rest[0])
        elif kind == 'run':
            for _ in range(rest[0]):
                command = bench.step().command
                if command is None:
                    continue
                assert (command >= lower).all()
                assert (command <= upper).all()
                if last is not None:
                    now = (command - last)[:7] / 0.01
                    assert (np.abs(now) <= velocity * (1 + 1e-9)).all()
                    assert (np.abs(now - speed) <= acceleration * 0.01 * (1 + 1e-6)).all()
                    speed = now
                last = command


def lone(bench, offset: float) -> ActionChunk:
    """Return a chunk of one step that moves the first joint and closes the fingers."""
    position = np.array(bench.measured)
    position[0] += offset
    (gripper,) = bench.cell.grippers
    position[gripper] = bench.cell.joints[gripper].closed
    return ActionChunk(bench.now_ns, to_ns(0.1), position[np.newaxis])


@pytest.mark.parametrize('settings', [{}, {'fade_s': 2.0}, {'seam': 'replace'}])
def test_a_lone_step_is_made_in_its_period_and_the_fingers_close_at_once(cell, settings):
    bench = Bench(cell, **settings)
    bench.step()
    (gripper,) = cell.grippers
    for _ in range(5):
        start = bench.measured[0]
        bench.offer(lone(bench, 0.01))
        steps = [bench.step() for _ in range(11)]
        assert {step.verdict for step in steps} == {Verdict.PASS}
        assert steps[0].command[gripper] == cell.joints[gripper].closed
        made = [step.command[0] - start for step in steps]
        assert made[-1] == pytest.approx(0.01, abs=2e-4)
        assert made == sorted(made)


def test_a_lone_step_that_jumps_is_refused(bench):
    bench.step()
    assert bench.offer(lone(bench, 1.0)) == ''
    assert bench.offer(lone(bench, 1.6)) == 'jump panda_joint1 of 1.60'
    assert bench.step().reasons == ('chunk refused, jump panda_joint1 of 1.60',)


def test_a_lone_step_that_comes_late_holds_until_it_is_stale(bench):
    bench.step()
    step = lone(bench, 0.01)
    bench.now_ns += to_ns(0.7)
    for _ in range(3):
        bench.step()
    bench.offer(step)
    while (result := bench.step()).verdict is not Verdict.HOLD:
        pass
    assert result.reasons == ('chunk stale',)
    assert bench.now_ns - step.stamp_ns == pytest.approx(to_ns(1.5), abs=2 * PERIOD_NS)
    assert bench.measured[0] - bench.cell.home[0] == pytest.approx(0.01, abs=1e-5)


@pytest.mark.parametrize('settings', [{}, {'fade_s': 0.0}, {'seam': 'replace'}])
def test_a_step_as_large_as_a_short_chunk_has_them_makes_no_joint_overshoot(cell, settings):
    bench = Bench(cell, rearm_ramp_s=0.0, **settings)
    bench.step()
    positions = np.tile(cell.home, (2, 1))
    positions[:, 0] += 0.07
    bench.offer(ActionChunk(bench.now_ns, to_ns(0.1), positions))
    made = np.array([bench.step().command[0] for _ in range(60)])
    assert made.max() - cell.home[0] < 0.0701
    assert (np.diff(made) > -1e-6).all()


def test_it_reports_what_the_plan_asks_for_before_any_limit(bench):
    bench.step()
    bench.offer(bench.chunk(1.5))
    curve = ChunkCurve(bench.filter.plan.chunk, bench.cell.grippers)
    for _ in range(60):
        result = bench.step()
        position, velocity = curve.sample(bench.now_ns)
        assert np.array_equal(result.desired.position, position)
        assert np.array_equal(result.desired.velocity, velocity)
    assert abs(result.command[0] - result.desired.position[0]) > 0.001


def test_slowed_down_what_is_desired_waits_for_the_arm(bench):
    bench.filter.set_speed_scale(0.1)
    bench.step()
    bench.offer(bench.chunk(6.0))
    results = [bench.step() for _ in range(100)]
    ways = np.array([result.desired.position for result in results[10:]])[:, 0]
    limit = bench.cell.joints[0].velocity
    assert (np.abs(np.diff(ways)) / 0.01 <= 0.1 * limit * (1 + 1e-9)).all()
    assert results[-1].desired.plan_ns < bench.now_ns
    progress = bench.filter.progress
    assert progress.plan_ns == results[-1].desired.plan_ns
    assert progress.rate < 0.5


def test_held_with_a_chunk_it_says_what_is_asked_for_and_without_one_nothing(bench):
    bench.step()
    assert bench.step().desired is None
    bench.offer(bench.chunk(0.5))
    bench.step()
    while bench.step().reason != 'chunk stale':
        pass
    assert bench.step().desired.position == pytest.approx(bench.filter.plan.chunk.positions[-1])
    bench.filter.set_conflict(Reason('policy_chunk has 2 publishers', ReasonCode.CONFLICT))
    assert bench.step().desired is None


def test_the_log_names_what_was_taken_and_refused_by_stamp(bench):
    bench.step()
    first, second = bench.chunk(0.5), bench.chunk(50.0, bench.now_ns + 1)
    broken = ActionChunk(bench.now_ns + 2, to_ns(0.1), np.full((4, 8), np.nan))
    for chunk in (first, second, broken):
        bench.offer(chunk)
    log = bench.filter.chunk_log
    taken, refused = log.taken, log.refused
    assert [chunk.stamp_ns for chunk in taken] == [first.stamp_ns]
    assert [(one.stamp_ns, one.fault) for one in refused] == [
        (second.stamp_ns, ChunkFault.JUMP),
        (broken.stamp_ns, ChunkFault.NOT_FINITE),
    ]
    log.clear()
    assert not log.has_news
    assert (log.taken, log.refused) == ((), ())


def test_reasons_have_codes(bench):
    bench.step()
    assert bench.step().reason.code is ReasonCode.NO_CHUNK
    bench.offer(bench.chunk(50.0))
    assert bench.step().reason.code is ReasonCode.CHUNK_REFUSED
    bench.filter.set_e_stop(True)
    assert bench.step().reason.code is ReasonCode.E_STOP


@pytest.mark.parametrize('share', [1.0, 0.5, 0.0])
def test_a_robot_that_is_slowed_down_slows_the_plan_down(bench, share):
    """Half the slider is half the way, far below any limit of velocity."""
    bench.step()
    bench.filter.set_permitted_speed(share)
    assert bench.filter.report()['permitted_speed'] == f'{share:.3f}'
    bench.offer(bench.chunk(0.15))
    begin = bench.step().command[0]
    for _ in range(100):
        last = bench.step()
    assert last.command[0] - begin == pytest.approx(0.1 * share, abs=0.01)
