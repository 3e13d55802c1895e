from dataclasses import replace

import numpy as np
import pytest
from synthetic import CELL, DEPLOYMENT, faults
from vla_lerobot.dataset_checks.episodes import Episode, EpisodeRows
from vla_lerobot.testing import smooth_motion


@pytest.fixture
def good():
    path = smooth_motion(CELL, 40, seed=1)
    stamps = np.arange(40) / DEPLOYMENT.policy.rate_hz
    return EpisodeRows(path[:-1], path[1:], stamps, length=40, median_length=35.0)


def said(rows):
    return list(faults([Episode(0, rows)]).get(0, ()))


def test_a_smooth_motion_that_follows_its_action_is_good(good):
    assert said(good) == []


def test_missing_frames_are_corrupt_and_nothing_else_is_said(good):
    cut = replace(good, state=good.state[:30], action=good.action[:30], stamp_s=good.stamp_s[:30])
    assert said(cut) == ['corrupt: 30 of 40 frames are there']


def test_an_episode_whose_frames_are_all_lost_is_corrupt(good):
    gone = replace(good, state=good.state[:0], action=good.action[:0], stamp_s=good.stamp_s[:0])
    assert said(gone) == ['corrupt: 0 of 40 frames are there']


def test_an_episode_that_never_had_a_frame_is_empty(good):
    gone = replace(good, state=good.state[:0], action=good.action[:0], stamp_s=good.stamp_s[:0])
    assert said(replace(gone, length=0)) == ['empty: the dataset says that it has no frame']


@pytest.mark.parametrize('name', ['state', 'action'])
def test_a_number_that_is_none_is_named_with_its_frame(good, name):
    values = getattr(good, name).copy()
    values[7, 2] = np.nan
    assert said(replace(good, **{name: values})) == [f'corrupt: {name} is not finite in frame 7']


def test_a_time_stamp_that_is_none_is_named_with_its_frame(good):
    stamps = good.stamp_s.copy()
    stamps[3] = np.inf
    assert said(replace(good, stamp_s=stamps)) == ['corrupt: timestamp is not finite in frame 3']


def test_a_robot_that_stands_still_is_idle(good):
    still = np.repeat(good.state[:1], 40, axis=0)
    found = said(replace(good, state=still, action=still))
    assert 'idle: nothing moves in 100% of its steps' in found


def test_an_episode_much_shorter_than_the_others_is_truncated(good):
    [fault] = said(replace(good, median_length=130.0))
    assert fault == 'truncated: 40 frames, the middle episode has 130'


def test_a_gap_in_time_is_truncated(good):
    stamps = good.stamp_s + np.where(np.arange(40) > 12, 0.3, 0.0)
    [fault] = said(replace(good, stamp_s=stamps))
    assert fault == 'truncated: 0.400 s between frames 12 and 13'


def test_time_that_begins_late_is_named(good):
    [fault] = said(replace(good, stamp_s=good.stamp_s + 3.2))
    assert fault == 'time: its first frame is at 3.200 s; allowed: 0 s'


def test_time_that_runs_backwards_is_named(good):
    stamps = good.stamp_s.copy()
    stamps[20] = stamps[18]
    assert said(replace(good, stamp_s=stamps))[0].startswith('truncated: -0.100 s between')


def test_degrees_are_beyond_the_limits(good):
    found = said(replace(good, state=np.degrees(good.state)))
    assert any(fault.startswith('beyond limits: state of panda_joint2') for fault in found)
