"""A person's device leads when it may, begins where the arm is, and never jumps."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from leader_double import device_file, encoders, so101
import numpy as np
import pytest
from vla_contract.values import to_ns
from vla_teleop.config import TeleopConfig
from vla_teleop.devices.reading import Deflection, Reading
from vla_teleop.mapping.leader_joints import LeaderJoints
from vla_teleop.mapping.make_motion import make_motion
from vla_teleop.permission import POLICY
from vla_teleop.session import LEADING, NO_JOINTS, NO_READING, NOT_HELD, Session

CELL = so101()
CONFIG = TeleopConfig()
PERIOD_NS = to_ns(0.02)
HOME = CELL.home
ARM = np.array(CELL.arm)


@pytest.fixture(scope='module')
def files(tmp_path_factory):
    return {
        mode: device_file(tmp_path_factory.mktemp(mode), mode=mode)
        for mode in ('absolute', 'relative')
    }


class Leader:
    """A leader, the session and a filter that follows at once."""

    def __init__(self, file) -> None:
        self.joints = LeaderJoints(file, CELL, encoders())
        self.session = Session(make_motion(file, CELL, encoders(), CONFIG), CELL, 50.0)
        self.commanded = np.array(HOME)
        self.now_ns = to_ns(10.0)
        self.is_human = True

    def reading(self, positions, **fields) -> Reading:
        return Reading(self.now_ns, self.joints.numbers(positions), **fields)

    def tick(self, reading: Reading | None):
        tick = self.session.tick(
            reading, self.commanded, '' if self.is_human else POLICY, self.now_ns
        )
        self.now_ns += PERIOD_NS
        if tick.wish is not None:
            self.commanded = np.array(tick.wish)
        return tick

    def at(self, positions, **fields):
        return self.tick(self.reading(positions, **fields))


def test_it_begins_at_the_command(files):
    leader = Leader(files['absolute'])
    tick = leader.at(HOME + 0.05)
    assert tick.message == LEADING
    assert tick.wish == pytest.approx(HOME, abs=0.01)


def test_a_leader_elsewhere_is_told_the_worst_joint_and_moves_nothing(files):
    leader = Leader(files['absolute'])
    far = HOME + [0.0, 0.2, -0.5, 0.0, 0.0, 0.0]
    tick = leader.at(far)
    assert tick.wish is None
    assert tick.message.startswith('elbow_flex of the leader is -0.499 from the arm')
    assert 'allowed: 0.120 either way' in tick.message
    assert tick.offset.joint == 'elbow_flex'


def test_what_is_left_of_the_offset_fades(files):
    leader = Leader(files['absolute'])
    there = HOME + 0.1
    there[5] = HOME[5]
    steps = []
    for _ in range(100):
        before = leader.commanded
        leader.at(there)
        steps.append(np.abs(leader.commanded - before)[ARM].max())
    assert leader.commanded[ARM] == pytest.approx(there[ARM], abs=3e-3)
    assert max(steps) <= CONFIG.align_rad / CONFIG.fade_s * 0.02 + 1e-9


def test_a_relative_leader_counts_from_where_both_are(files):
    leader = Leader(files['relative'])
    away = np.array(HOME)
    away[:5] -= 0.5
    assert leader.at(away).message == LEADING
    assert leader.commanded[ARM] == pytest.approx(HOME[ARM], abs=1e-3)
    for k in range(20):
        leader.at(away + [0.01 * k, 0, 0, 0, 0, 0])
    assert leader.commanded[ARM] == pytest.approx(HOME[ARM] + [0.19, 0, 0, 0, 0], abs=2e-3)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(['absolute', 'relative']),
    st.lists(
        st.tuples(
            st.lists(st.floats(-0.4, 0.4), min_size=5, max_size=5),
            st.booleans(),
            st.booleans(),
            st.integers(1, 15),
        ),
        min_size=1,
        max_size=8,
    ),
)
def test_no_switch_at_any_pose_jumps(files, mode, parts):
    """Every wish is near the one before, or the command; what follows is the leader's."""
    leader, place = Leader(files[mode]), np.array(HOME)
    for shift, is_engaged, is_human, ticks in parts:
        goal = np.array(HOME)
        goal[:5] += shift
        leader.is_human = is_human
        for _ in range(ticks):
            # A hand of 1 rad/s.
            place = place + np.clip(goal - place, -0.02, 0.02)
            before = leader.commanded
            tick = leader.at(place, is_engaged=is_engaged)
            assert (tick.wish is not None) <= (is_engaged and is_human)
            if tick.wish is not None:
                step = np.abs(tick.wish - before)[ARM].max()
                # The hand, an encoder step, and what fades.
                assert step <= 0.02 + 0.004 + CONFIG.align_rad / CONFIG.fade_s * 0.02


def test_nothing_is_sent_without_a_reading_a_hand_or_the_right(files):
    leader = Leader(files['absolute'])
    assert leader.tick(None).message == NO_READING
    old = replace(leader.reading(HOME), stamp_ns=leader.now_ns - to_ns(0.3))
    assert leader.tick(old).message == NO_READING
    assert leader.at(HOME, is_engaged=False).message == NOT_HELD
    leader.is_human = False
    assert leader.at(HOME).message == POLICY
    leader.is_human, leader.commanded = True, None
    assert leader.at(HOME).message == NO_JOINTS


def test_a_bad_reading_is_left_out_and_the_next_goes_on(files):
    leader = Leader(files['absolute'])
    leader.at(HOME)
    numbers = dict(leader.reading(HOME).numbers) | {'elbow_flex': float('nan')}
    tick = leader.tick(Reading(leader.now_ns, numbers))
    assert tick.wish is None
    assert tick.is_bad
    assert tick.message == 'elbow_flex: found nan; allowed: a finite number'
    assert leader.at(HOME).message == LEADING


def test_a_reading_that_no_hand_has_moved_to_is_left_out(files):
    leader = Leader(files['absolute'])
    leader.at(HOME)
    far = HOME + [0, 0, -1.0, 0, 0, 0]
    tick = leader.at(far)
    assert tick.wish is None
    assert 'a joint moved by' in tick.message
    assert leader.at(HOME).message == LEADING
    leader.at(far)
    leader.now_ns += to_ns(0.1)
    assert 'elbow_flex of the leader is' in leader.at(far).message


def test_after_a_pause_a_leader_has_to_be_aligned_again(files):
    leader = Leader(files['absolute'])
    leader.at(HOME)
    leader.now_ns += to_ns(0.5)
    assert 'of the leader is' in leader.at(HOME + [0.5, 0, 0, 0, 0, 0]).message


def test_a_hand_faster_than_the_arm_is_never_far_ahead(files):
    leader = Leader(files['absolute'])
    leader.at(HOME)
    place = np.array(HOME)
    for _ in range(10):
        place[0] += 0.15
        held = leader.commanded
        tick = leader.at(place)
        leader.commanded = held
    assert tick.wish[0] - held[0] <= 0.25 * CELL.joints[0].velocity + 1e-9


def test_keys_lead_a_tool(tmp_path):
    file = device_file(tmp_path, device='keyboard', joints=None, tool={})
    session = Session(make_motion(file, CELL, {}, CONFIG), CELL, 50.0)
    up = Reading(0, deflection=Deflection((0.0, 0.0, 1.0)))
    tick = session.tick(up, HOME, '', 0)
    assert tick.message == LEADING
    assert list(session.names) == list(CELL.joint_names)
    assert np.abs(tick.wish - HOME).max() < 0.05
