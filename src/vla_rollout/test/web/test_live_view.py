import base64
import json
import math

import cv2
from live_motion import CAMERA, CELL, cycle, show_motion
import numpy as np
import pytest
from vla_contract.filter_status import Verdict


def test_the_state_is_json_before_anything_came(view):
    state = json.loads(json.dumps(view.state(), allow_nan=False))
    assert (state['cycle'], state['images'], state['alarms']) == (None, {}, [])


def test_the_state_has_every_stream_in_cell_order(view, clock):
    show_motion(view)
    clock.now_s += 0.25
    state = json.loads(json.dumps(view.state(), allow_nan=False))
    found = state['cycle']
    assert (found['verdict'], found['reason']) == ('clamp', 'velocity panda_joint2')
    assert found['age_s'] == pytest.approx(0.25)
    assert found['measured'] == pytest.approx(CELL.home, abs=1e-5)
    assert found['raw'] == pytest.approx(CELL.home + 0.1 * math.sin(5.0), abs=1e-5)
    assert state['chunk_start_s'] == pytest.approx(-1.0)
    assert np.shape(state['chunk']) == (30, 8)


def test_a_cycle_without_a_plan_or_with_nan_is_json_too(view):
    odd = cycle(3, Verdict.HOLD, 'no chunk', desired=False)
    odd.command[0] = math.nan
    view.see_cycle(odd)
    found = json.loads(json.dumps(view.state(), allow_nan=False))['cycle']
    assert found['raw'] is None
    assert found['filtered'][0] is None


def test_the_picture_of_the_camera_has_its_colours(view):
    show_motion(view)
    url = view.state()['images'][CAMERA.name]
    data = base64.b64decode(url.removeprefix('data:image/jpeg;base64,'))
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1]
    assert picture.shape == (CAMERA.height, CAMERA.width, 3)
    assert picture[CAMERA.height // 2, 10].astype(int) == pytest.approx((200, 120, 40), abs=6)


def test_an_alarm_stays_until_it_is_old_or_taken_back(view, clock):
    view.see_alarm('policy_server', 'warn', 'slow')
    view.see_alarm('recorder', 'error', 'disk full')
    clock.now_s += 20.0
    view.see_alarm('policy_server', 'warn', 'slower')
    alarms = view.state()['alarms']
    assert [(a['source'], a['text']) for a in alarms] == [
        ('policy_server', 'slower'), ('recorder', 'disk full'),
    ]  # fmt: skip
    clock.now_s += 15.0
    assert [a['source'] for a in view.state()['alarms']] == ['policy_server']
    view.clear_alarm('policy_server')
    assert view.state()['alarms'] == []


def test_a_new_episode_forgets_the_motion_of_the_last(view):
    show_motion(view)
    view.restart()
    state = view.state()
    assert state['cycle'] is None
    assert 'chunk' not in state


def test_that_nothing_new_comes_any_more_stays_an_alarm(view, clock):
    view.ended = 'the page shows nothing new: ValueError: a fault'
    view.restart()
    clock.now_s += 1000.0
    (alarm,) = view.state()['alarms']
    assert (alarm['level'], alarm['text']) == ('error', view.ended)
