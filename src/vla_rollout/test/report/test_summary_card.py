"""The card on top of a report, and how an episode is run again."""

import shlex

import av
import numpy as np
import pytest
from run_rows import episode, write_run
from vla_rollout.episodes.video import VideoWriter
from vla_rollout.report.episodes.again import command_again
from vla_rollout.report.episodes.poster import poster_of
from vla_rollout.report.page import write_report
from vla_rollout.report.recorded import RecordedRun
from vla_rollout.report.summary_card import summary_card

ORIGIN = {
    'date': '2026-11-22T07:12:00+00:00', 'host': 'lab <1>', 'version': '0.1.0',
    'commit': 'abc', 'command': 'vla sim run --episodes 4',
}  # fmt: skip
GIVEN = {'deployment': 'panda lift', 'cell': '', 'allow_code': ['one']}
SETTINGS = {'given': GIVEN, 'mode': 'async', 'latency_s': 0.06, 'blank_images': False}


def test_a_card_says_how_often_what_when_where_and_how_to_repeat_it(tmp_path):
    settings = {'deployment': 'd', 'policy': 'act', 'policy_sha256': 64 * 'a', 'origin': ORIGIN}
    card = summary_card(
        write_run(tmp_path / 'run', [episode(0, True), episode(1, False)], settings)
    )
    assert '<strong>50 %</strong> 1 of 2 episodes succeeded, 95 % interval 9-91%' in card
    assert 'act <code>aaaaaaaaaaaa</code>' in card
    assert '<code class="copied">vla sim run --episodes 4</code>' in card
    for said in ('2026-11-22 07:12:00 UTC', 'lab &lt;1&gt;', '0.1.0, commit abc'):
        assert f'<dd>{said}</dd>' in card


@pytest.mark.parametrize('origin', [None, 'text', {'date': 3, 'host': []}])
def test_a_run_that_does_not_say_where_it_is_from_has_a_card(tmp_path, origin):
    card = summary_card(
        write_run(tmp_path / '20261122-071200', [episode(0, True)], {'origin': origin})
    )
    assert '<dd>2026-11-22 07:12</dd>' in card
    assert '<dt>host' not in card


def test_an_episode_is_run_again_as_it_was_and_alone():
    words = shlex.split(command_again(SETTINGS, 7))
    assert words[:5] == ['vla', 'sim', 'run', '--deployment', 'panda lift']
    assert '--cell' not in words
    for pair in (['--mode', 'async'], ['--latency-s', '0.06'], ['--allow-code', 'one'],
                 ['--episodes', '1'], ['--first-seed', '7']):  # fmt: skip
        assert words[words.index(pair[0]) + 1] == pair[1]
    assert '--blank-images' not in words
    assert command_again({**SETTINGS, 'blank_images': True}, 7).count('--blank-images') == 1


def test_a_scene_that_a_person_placed_is_not_run_again():
    assert command_again({**SETTINGS, 'operator': 'Ann'}, 7) == ''
    assert command_again({}, 7) == ''


def test_the_poster_of_a_video_is_its_last_frame(tmp_path):
    path = tmp_path / 'a.mp4'
    with VideoWriter(path, 10) as video:
        for grey in range(0, 250, 10):
            video.write(np.full((48, 64, 3), grey, np.uint8))
    (tmp_path / 'a.jpg').write_bytes(poster_of(path))
    with av.open(str(tmp_path / 'a.jpg')) as picture:
        frame = next(picture.decode(video=0)).to_ndarray(format='gray')
    assert abs(frame.mean() - 240) < 8
    (tmp_path / 'b.mp4').write_bytes(b'no video')
    assert poster_of(tmp_path / 'b.mp4') == b''


def test_only_failures_can_be_shown_where_there_are_others(tmp_path):
    for number, outcomes in enumerate([(True, False), (True, True), (False, False)]):
        run = write_run(tmp_path / f'{number}', [episode(k, o) for k, o in enumerate(outcomes)])
        write_report(tmp_path / 'report.html', [run], [RecordedRun()])
        page = (tmp_path / 'report.html').read_text()
        assert ('type="checkbox"' in page) == (number == 0)
