"""Takeover and hand-back: who commands which arm, and that nothing jumps."""

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from vla_action_filter.action_filter import ActionFilter
from vla_action_filter.config import FilterConfig
from vla_contract.deployment.cell import load_cell
from vla_contract.errors import UnknownNameError
from vla_contract.filter_status import ReasonCode, Verdict
from vla_contract.recordings.events import TeleopEvent
from vla_contract.values import ActionChunk, JointSample, to_ns

PERIOD_NS = to_ns(0.01)
PAIR = load_cell('openarm_table')
SINGLE = load_cell('panda_table')
TICK_NS = to_ns(0.02)


class Bench:
    """A filter, a robot that is where it was told to be, a policy and a hand."""

    def __init__(self, cell, **settings) -> None:
        self.cell = cell
        self.filter = ActionFilter(cell, FilterConfig(cartesian=False, **settings))
        self.now_ns = to_ns(10.0)
        self.measured = np.array(cell.home)
        self.everything = np.ones(len(cell.joints), dtype=bool)

    def step(self):
        self.now_ns += PERIOD_NS
        sample = JointSample(self.now_ns, self.measured, np.zeros_like(self.measured))
        self.filter.offer_joints(sample)
        result = self.filter.step(self.now_ns)
        if result.command is not None:
            self.measured = result.command
        return result

    def steps(self, count: int):
        return [self.step() for _ in range(count)]

    def policy(self, **offsets) -> str:
        """Let the policy look at the arm and want to move joints in a second."""
        points = np.tile(self.measured, (11, 1))
        for name, offset in offsets.items():
            points[:, self.column(name)] += offset * np.linspace(0.0, 1.0, 11)
        return self.filter.offer_chunk(ActionChunk(self.now_ns, to_ns(0.1), points), self.now_ns)

    def hand(self, named=None, from_arm: bool = True, **offsets) -> str:
        """Let a hand want joints to be elsewhere a tick from now."""
        named = self.everything if named is None else named
        wish = np.array(self.measured if from_arm else self.cell.home)
        before = wish.copy()
        for name, offset in offsets.items():
            wish[self.column(name)] += offset
        chunk = ActionChunk(self.now_ns, TICK_NS, np.stack([before, wish])[:, named])
        return self.filter.offer_teleop(TeleopEvent(chunk, named), self.now_ns)

    def column(self, name: str) -> int:
        return self.cell.joint_names.index(name)

    def at(self, name: str) -> float:
        return float(self.measured[self.column(name)])

    def of(self, group: str) -> np.ndarray:
        return np.array([name.startswith(f'openarm_{group}') for name in self.cell.joint_names])


@pytest.fixture
def bench() -> Bench:
    bench = Bench(SINGLE)
    bench.step()
    return bench


@pytest.fixture
def pair() -> Bench:
    bench = Bench(PAIR)
    bench.step()
    return bench


LEFT, RIGHT = 'openarm_left_joint4', 'openarm_right_joint4'


def test_until_somebody_takes_over_a_hand_moves_nothing(bench):
    for _ in range(20):
        assert bench.hand(panda_joint1=0.05) == ''
        assert bench.step().reason.code is ReasonCode.NO_CHUNK
    assert bench.measured == pytest.approx(bench.cell.home)


def test_the_first_cycle_after_a_takeover_follows_the_hand(bench):
    bench.policy(panda_joint1=0.3)
    bench.steps(40)
    moved = bench.at('panda_joint1')
    assert moved > bench.cell.home[0] + 0.05
    bench.filter.give(True, (), bench.now_ns)
    bench.hand(panda_joint2=0.05)
    first = bench.step()
    assert first.human == ('arm',)
    assert first.verdict < Verdict.HOLD
    wanted = bench.filter.sources.human.plan.chunk.positions[-1]
    assert first.desired.position[1] == pytest.approx(wanted[1], abs=0.026)
    before = bench.measured
    bench.hand(panda_joint2=0.05)
    bench.steps(3)
    assert bench.measured[1] > before[1]


def test_a_takeover_without_a_hand_brings_the_arm_to_rest(bench):
    bench.policy(panda_joint1=0.5)
    bench.steps(40)
    bench.filter.give(True, (), bench.now_ns)
    bench.policy(panda_joint1=0.5)
    last = bench.steps(60)[-1]
    assert last.reasons == ('no teleop_chunk',)
    assert not bench.filter.motion.is_moving


def test_a_hand_that_lets_go_stops_the_arm(bench):
    bench.filter.give(True, (), bench.now_ns)
    for _ in range(20):
        bench.hand(panda_joint1=0.02)
        bench.steps(2)
    result = bench.steps(40)[-1]
    assert result.reason.code is ReasonCode.NO_TELEOP
    assert result.reason == 'teleop_chunk stale'


def test_after_the_hand_back_only_what_was_observed_since_moves_the_arm(bench):
    bench.filter.give(True, (), bench.now_ns)
    bench.hand()
    bench.steps(3)
    bench.policy(panda_joint1=0.5)
    bench.steps(3)
    bench.filter.give(False, (), bench.now_ns + 1)
    stood = bench.measured
    held = bench.steps(10)
    assert {result.reason for result in held} == {'no chunk observed since the hand-back'}
    assert {result.reason.code for result in held} == {ReasonCode.HAND_BACK}
    assert {result.desired for result in held} == {None}
    assert bench.filter.progress is None
    assert bench.measured == pytest.approx(stood)
    bench.policy(panda_joint1=0.2)
    assert bench.step().verdict < Verdict.HOLD
    assert bench.filter.progress is not None
    bench.steps(60)
    assert bench.at('panda_joint1') > stood[0] + 0.05


def test_a_chunk_of_the_very_moment_of_the_hand_back_is_not_after_it(bench):
    bench.filter.give(True, (), bench.now_ns)
    bench.policy()
    bench.filter.give(False, (), bench.now_ns)
    assert bench.step().reason.code is ReasonCode.HAND_BACK


def test_the_policy_is_heard_while_a_hand_commands(bench):
    bench.filter.give(True, (), bench.now_ns)
    bench.hand()
    assert bench.policy(panda_joint1=0.2) == ''
    bench.step()
    assert [chunk.stamp_ns for chunk in bench.filter.chunk_log.taken] == [bench.now_ns - PERIOD_NS]
    assert bench.filter.progress is None


def test_a_leader_that_is_far_away_is_refused_when_it_takes_over(bench):
    assert bench.hand(panda_joint1=0.0, from_arm=False) == ''
    far = np.array(bench.cell.home)
    far[0] += 1.5
    chunk = ActionChunk(bench.now_ns, TICK_NS, np.stack([far, far]))
    far_away = TeleopEvent(chunk, bench.everything)
    assert bench.filter.offer_teleop(far_away, bench.now_ns) == ''
    bench.filter.give(True, (), bench.now_ns)
    result = bench.step()
    assert result.reasons == ('chunk refused, jump panda_joint1 of 1.50',)
    assert bench.filter.offer_teleop(far_away, bench.now_ns).startswith('jump')
    bench.hand()
    assert bench.step().verdict is not Verdict.HOLD


def test_a_refused_policy_does_not_stop_the_hand(bench):
    bench.filter.give(True, (), bench.now_ns)
    bench.hand()
    bench.step()
    points = np.full((2, len(bench.cell.joints)), np.nan)
    for _ in range(5):
        bench.filter.offer_chunk(ActionChunk(bench.now_ns, to_ns(0.1), points), bench.now_ns)
    assert bench.step().verdict < Verdict.HOLD


def test_one_arm_by_hand_the_other_by_the_policy(pair):
    pair.filter.give(True, ('left_arm',), pair.now_ns)
    start = pair.measured
    pair.policy(**{LEFT: 0.4, RIGHT: 0.4})
    for _ in range(30):
        pair.hand(pair.of('left'), **{LEFT: -0.01})
        result = pair.steps(2)[-1]
        assert result.verdict < Verdict.HOLD
        assert result.human == ('left_arm',)
    assert pair.at(RIGHT) > start[pair.column(RIGHT)] + 0.1
    assert pair.at(LEFT) < start[pair.column(LEFT)] - 0.1


def test_an_arm_joins_its_plan_no_slower_for_where_the_other_ones_hand_is():
    """The policy saw the left arm elsewhere than the hand has it, the right one where it was."""
    paths = []
    for left_of_policy in (0.0, 1.0):
        # Without a fade of its own a plan is joined as fast as its arms can.
        pair = Bench(PAIR, seam='replace')
        pair.step()
        pair.filter.give(True, ('left_arm',), pair.now_ns)
        path = []
        for _ in range(20):
            pair.hand(pair.of('left'))
            points = np.tile(pair.measured, (11, 1))
            points[:, pair.column(LEFT)] += left_of_policy
            points[:, pair.column(RIGHT)] += 0.02 + 0.3 * np.linspace(0.0, 1.0, 11)
            chunk = ActionChunk(pair.now_ns, to_ns(0.1), points)
            assert pair.filter.offer_chunk(chunk, pair.now_ns) == ''
            path += [result.command[pair.column(RIGHT)] for result in pair.steps(2)]
        paths.append(path)
    assert paths[0] == paths[1]


def test_an_arm_of_which_nothing_is_heard_stands_while_the_other_goes_on(pair):
    pair.filter.give(True, ('left_arm',), pair.now_ns)
    for _ in range(10):
        pair.policy(**{RIGHT: 0.3})
        pair.hand(pair.of('left'), **{LEFT: 0.02})
        pair.steps(2)
    stopping = []
    for _ in range(40):
        pair.policy(**{RIGHT: 0.1})
        stopping += pair.steps(2)
    assert stopping[-1].verdict is Verdict.CLAMP
    assert 'left_arm: teleop_chunk stale' in stopping[-1].reasons
    places = [result.command[pair.column(LEFT)] for result in stopping]
    assert np.abs(np.diff(places[-20:])).max() < 2e-5
    assert pair.at(LEFT) == pytest.approx(max(places), abs=0.01)
    right = [result.command[pair.column(RIGHT)] for result in stopping]
    assert right[-1] > right[-20]


def test_a_chunk_of_the_other_arm_is_nothing_for_this_one(pair):
    pair.filter.give(True, ('left_arm',), pair.now_ns)
    pair.hand(pair.of('right'))
    assert pair.step().reasons == ('teleop_chunk without left_arm',)


def test_an_unknown_group_is_named(pair):
    with pytest.raises(UnknownNameError, match='left_arm'):
        pair.filter.give(True, ('lefd_arm',), pair.now_ns)


def test_switching_on_gives_the_arms_to_who_commands_first():
    bench = Bench(SINGLE, source='human')
    assert bench.filter.sources.groups.of_human == ('arm',)
    bench.filter.give(False, (), bench.now_ns)
    bench.filter.sources.restart()
    assert bench.filter.sources.groups.of_human == ('arm',)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(['fade', 'replace', 'ensemble']))
def test_no_switch_steps_or_leaves_the_limits(seed, seam):
    rng = np.random.default_rng(seed)
    bench = Bench(PAIR, seam=seam)
    cell, arm = bench.cell, np.array(PAIR.arm)
    joints = [cell.joints[i] for i in arm]
    lower, upper = (np.array([getattr(j, end) for j in joints]) for end in ('lower', 'upper'))
    velocity = np.array([joint.velocity for joint in joints])
    acceleration = np.array([joint.acceleration for joint in joints])
    bench.step()
    leader = bench.measured + rng.normal(0, 0.1, len(cell.joints))
    commands = [bench.measured[arm]]
    for _ in range(150):
        if rng.random() < 0.1:
            group = [(), ('left_arm',), ('right_arm',)][rng.integers(3)]
            bench.filter.give(bool(rng.random() < 0.5), group, bench.now_ns)
        if rng.random() < 0.1:
            bench.policy(**{LEFT: rng.normal(0, 0.5), RIGHT: rng.normal(0, 0.5)})
        moved = leader + rng.normal(0, 0.02, len(leader))
        chunk = ActionChunk(bench.now_ns, TICK_NS, np.stack([leader, moved]))
        bench.filter.offer_teleop(TeleopEvent(chunk, bench.everything), bench.now_ns)
        leader = moved
        commands += [result.command[arm] for result in bench.steps(2)]
    path = np.array(commands)
    assert (path >= lower - 1e-12).all()
    assert (path <= upper + 1e-12).all()
    speed = np.diff(path, axis=0) / 0.01
    assert (np.abs(speed) <= velocity * (1 + 1e-9)).all()
    assert (np.abs(np.diff(speed, axis=0)) / 0.01 <= acceleration * (1 + 1e-6)).all()
