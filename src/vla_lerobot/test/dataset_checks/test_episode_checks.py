from dataclasses import replace

import numpy as np
import pytest
from vla_contract.deployment.deployment import load_deployment
from vla_lerobot.dataset_checks.episodes import EpisodeLimits, EpisodeRows, find_faults
from vla_lerobot.testing import smooth_motion

LIMITS = EpisodeLimits()


@pytest.fixture
def deployment():
    return load_deployment()


@pytest.fixture
def good(deployment):
    path = smooth_motion(deployment.cell, 40, seed=1)
    stamps = np.arange(40) / 10.0
    return EpisodeRows(path[:-1], path[1:], stamps, length=40, median_length=35.0)


def faults(rows, deployment):
    return find_faults(rows, deployment, LIMITS)


def test_a_smooth_motion_that_follows_its_action_is_good(good, deployment):
    assert faults(good, deployment) == []


def test_missing_frames_are_corrupt_and_nothing_else_is_said(good, deployment):
    cut = replace(good, state=good.state[:30], action=good.action[:30])
    assert faults(cut, deployment) == ['corrupt: 30 of 40 frames are there']


def test_an_episode_without_any_frame_is_corrupt(good, deployment):
    gone = replace(good, state=good.state[:0], action=good.action[:0], stamp_s=good.stamp_s[:0])
    assert faults(gone, deployment) == ['corrupt: 0 of 40 frames are there']


@pytest.mark.parametrize('name', ['state', 'action'])
def test_a_number_that_is_none_is_named_with_its_frame(good, deployment, name):
    values = getattr(good, name).copy()
    values[7, 2] = np.nan
    assert faults(replace(good, **{name: values}), deployment) == [
        f'corrupt: {name} is not finite in frame 7'
    ]


def test_a_robot_that_stands_still_is_idle(good, deployment):
    still = np.repeat(good.state[:1], 40, axis=0)
    [fault] = faults(replace(good, state=still, action=still), deployment)
    assert fault == 'idle: nothing moves in 100% of its steps'


def test_an_episode_much_shorter_than_the_others_is_truncated(good, deployment):
    [fault] = faults(replace(good, median_length=120.0), deployment)
    assert fault == 'truncated: 40 frames, the middle episode has 120'


def test_a_gap_in_time_is_truncated(good, deployment):
    stamps = good.stamp_s + np.where(np.arange(40) > 12, 0.3, 0.0)
    [fault] = faults(replace(good, stamp_s=stamps), deployment)
    assert fault == 'truncated: 0.400 s between frames 12 and 13'


def test_degrees_are_beyond_the_limits(good, deployment):
    found = faults(replace(good, state=np.degrees(good.state)), deployment)
    assert any(fault.startswith('beyond limits: state of panda_joint2') for fault in found)


def test_a_swapped_pair_of_joints_disagrees(good, deployment):
    swapped = good.action.copy()
    swapped[:, [1, 5]] = swapped[:, [5, 1]]
    found = ' '.join(faults(replace(good, action=swapped), deployment))
    assert 'disagree: panda_joint2' in found
    assert 'disagree: panda_joint6' in found


def test_an_action_reached_a_few_steps_later_agrees(good, deployment):
    path = smooth_motion(deployment.cell, 60, seed=1)
    late = replace(good, state=path[:40], action=path[4:44])
    assert faults(late, deployment) == []


def test_a_gripper_that_stops_at_an_object_agrees(good, deployment):
    state = good.state.copy()
    state[:, deployment.cell.grippers[0]] = 0.3
    closed = good.action.copy()
    closed[:, deployment.cell.grippers[0]] = 0.8
    assert faults(replace(good, state=state, action=closed), deployment) == []
