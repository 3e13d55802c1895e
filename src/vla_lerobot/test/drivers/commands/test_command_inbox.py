import numpy as np
import pytest
from vla_lerobot.drivers.commands.curve import Curve, step
from vla_lerobot.drivers.commands.inbox import CommandInbox

MS = 1_000_000
HERE = np.array([0.5, 0.0])


@pytest.fixture
def inbox():
    return CommandInbox(['a', 'b'], np.array([0.1, np.inf]), 500 * MS, ['arm'])


def command(inbox, positions, now_ns):
    inbox.offer('arm', [0, 1], step(np.array(positions), now_ns), now_ns)
    return inbox.target(HERE, now_ns)


def test_without_a_command_nothing_is_sent(inbox):
    assert inbox.target(HERE, 0) is None


def test_a_first_command_near_the_arm_is_obeyed_and_the_next_may_be_anywhere(inbox):
    assert command(inbox, [0.55, 1.0], MS) == pytest.approx([0.55, 1.0])
    assert command(inbox, [0.9, 1.0], 2 * MS) == pytest.approx([0.9, 1.0])
    assert inbox.is_following
    assert inbox.refusal == ''


def test_a_first_command_far_away_is_refused_in_words_and_not_kept(inbox):
    assert command(inbox, [0.7, 0.0], MS) is None
    assert 'a by 0.200 rad; allowed: 0.1' in inbox.refusal
    assert inbox.target(np.array([0.7, 0.0]), 2 * MS) is None


def test_after_a_silence_the_next_must_be_near_the_last_goal(inbox):
    command(inbox, [0.55, 0.0], 0)
    assert command(inbox, [0.9, 0.0], MS) is not None
    assert inbox.target(HERE, 600 * MS) is None
    assert command(inbox, [0.55, 0.0], 601 * MS) is None
    assert command(inbox, [0.85, 0.0], 602 * MS) == pytest.approx([0.85, 0.0])


def test_after_forgetting_it_must_be_near_the_measured_position(inbox):
    command(inbox, [0.55, 0.0], 0)
    command(inbox, [0.9, 0.0], MS)
    inbox.forget()
    assert command(inbox, [0.9, 0.0], 2 * MS) is None
    assert command(inbox, [0.5, 0.0], 3 * MS) is not None


def test_a_trajectory_that_was_sent_at_once_is_no_silence(inbox):
    times_ns = np.array([0, 2000 * MS])
    inbox.offer('arm', [0, 1], Curve(times_ns, np.array([[0.5, 0.0], [0.9, 0.0]])), 0)
    assert inbox.target(HERE, 0) is not None
    assert inbox.target(HERE, 1000 * MS) == pytest.approx([0.7, 0.0])


def test_one_that_begins_later_leaves_the_joints_where_they_are(inbox):
    command(inbox, [0.55, 0.0], 0)
    times_ns = np.array([100 * MS, 200 * MS])
    inbox.offer('arm', [0, 1], Curve(times_ns, np.array([[3.0, 0.0], [4.0, 0.0]])), MS)
    assert inbox.target(HERE, 50 * MS) == pytest.approx([0.55, 0.0])


@pytest.mark.parametrize('bad', [np.nan, np.inf])
def test_a_number_that_is_not_finite_is_refused_whole(inbox, bad):
    command(inbox, [0.55, 0.0], 0)
    inbox.offer('arm', [0, 1], step(np.array([0.6, bad]), MS), MS)
    assert inbox.target(HERE, 2 * MS) == pytest.approx([0.55, 0.0])
    assert 'not finite' in inbox.refusal


def test_a_trajectory_that_is_over_is_refused(inbox):
    curve = Curve(np.array([0, MS]), np.array([[0.5, 0.0], [0.5, 0.0]]))
    inbox.offer('arm', [0, 1], curve, 5 * MS)
    assert inbox.target(HERE, 5 * MS) is None
    assert 'ended 0.004 s ago' in inbox.refusal


def test_nothing_is_sent_before_every_channel_has_a_command():
    inbox = CommandInbox(['a', 'b'], np.array([0.1, np.inf]), 500 * MS, ['arm', 'gripper'])
    inbox.offer('arm', [0], step(np.array([0.5]), 0), 0)
    assert inbox.target(HERE, 0) is None
    inbox.offer('gripper', [1], step(np.array([1.0]), 0), 0)
    assert inbox.target(HERE, 0) == pytest.approx([0.5, 1.0])
