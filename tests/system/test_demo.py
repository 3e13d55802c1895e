"""The demo as a user meets it: episodes, results, Ctrl-C, and processes that are killed."""

import json
import os
import signal

import av
import pytest
from support.command import is_running
from support.waiting import wait_for

DEMO = 'vla_rollout.graph.ros.demo'
EXPERT = ('--policy', 'scripted')
NODES = {'mujoco_bridge', 'action_filter_node', 'policy_server_node'}


def test_the_shipped_policy_lifts_the_cube_over_ros(start, tmp_path):
    demo = start(DEMO, '--episodes', '2', '--record', '--json', 'result.json')
    demo.wait_for_text('results:')
    assert demo.finish() == 0
    assert 'success 2/2 (100%, 95 % interval' in demo.output
    summary = json.loads((tmp_path / 'result.json').read_text())
    assert (summary['episodes'], summary['successes']) == (2, 2)
    for result in summary['results']:
        assert result['chunks'] >= 2
        assert 0 < result['chunk_latency_p50_ms'] <= result['chunk_latency_p95_ms']
        assert result['manifest']['seed'] == result['seed']
        with av.open(str(tmp_path / 'runs' / 'latest' / result['video'])) as video:
            stream = video.streams.video[0]
            assert stream.codec_context.name == 'h264'
            seconds = sum(1 for _ in video.decode(stream)) / float(stream.average_rate)
        assert seconds == pytest.approx(result['duration_s'], rel=0.5)

    report = start('vla_rollout.report.report_runs', 'runs/latest')
    assert report.finish() == 0, report.output
    page = (tmp_path / 'runs' / 'latest' / 'report.html').read_text()
    assert page.count('<video') == 2
    # Each picture has a caption, and the same text for those who cannot see it.
    assert page.count('Joints of seed') == 4


def test_ctrl_c_stops_every_process(start):
    demo = start(DEMO, '--episodes', '50', *EXPERT)
    demo.wait_for_text('episode 1/50')
    children = demo.children()
    assert set(children) == NODES
    demo.process.send_signal(signal.SIGINT)
    assert demo.finish() == 130
    assert 'Traceback' not in demo.output
    assert not any(map(is_running, children.values()))


@pytest.mark.parametrize('victim', sorted(NODES))
def test_a_killed_process_is_named_and_nothing_is_left(start, victim):
    demo = start(DEMO, '--episodes', '50', *EXPERT)
    demo.wait_for_text('episode 1/50')
    children = demo.children()
    os.kill(children[victim], signal.SIGKILL)
    assert demo.finish() == 1
    assert f'{victim.removesuffix("_node")} died (signal SIGKILL); the end of' in demo.output
    assert 'Traceback' not in demo.output
    assert not any(map(is_running, children.values()))


def test_a_killed_demo_leaves_nothing_running(start):
    demo = start(DEMO, '--episodes', '50', *EXPERT)
    demo.wait_for_text('episode 1/50')
    children = demo.children()
    demo.process.kill()
    demo.finish()
    wait_for(lambda: not any(map(is_running, children.values())), 120.0, 'the nodes to end')
