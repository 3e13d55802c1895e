import argparse
from datetime import datetime, UTC
import json

import pytest
from vla_contract.errors import VlaError
from vla_rollout.deployment.supervised import SupervisedSlowStart
from vla_rollout.diagnosis.taxonomy import Mode
from vla_rollout.episodes.episode import EpisodeResult

FACTS = {'cell_sha256': 'c', 'policy_sha256': 'p'}


def result(success=True, mode=None, stops=0):
    return EpisodeResult(
        0, success, 'success', 2.0, 0, 3, None, None, {'stops': stops}, failure_mode=mode
    )


@pytest.fixture
def args(tmp_path):
    preflight = tmp_path / 'preflight.json'
    now = datetime.now(UTC).isoformat()
    preflight.write_text(json.dumps({'passed': True, 'date': now, **FACTS}))
    return argparse.Namespace(slow_start=tmp_path / 'd.yaml', preflight=preflight, soft=True)


def test_without_a_slow_start_there_is_no_gate():
    assert SupervisedSlowStart.of(argparse.Namespace(), FACTS) is None


def test_a_slow_start_needs_a_preflight_that_passed(args):
    args.preflight.write_text('{}')
    with pytest.raises(VlaError, match='not what preflight writes'):
        SupervisedSlowStart.of(args, FACTS)
    args.preflight = None
    with pytest.raises(VlaError, match='run preflight first'):
        SupervisedSlowStart.of(args, FACTS)


def test_twenty_soft_successes_over_two_runs_raise_the_speed(args):
    for _ in range(2):
        slow_start = SupervisedSlowStart.of(args, FACTS)
        for _ in range(10):
            assert slow_start.next_speed() == 0.1
            slow_start.count(result())
    assert SupervisedSlowStart.of(args, FACTS).next_speed() == 0.2


def test_hard_objects_wait_for_five_soft_ones(args):
    args.soft = False
    with pytest.raises(VlaError, match='with soft objects and --soft'):
        SupervisedSlowStart.of(args, FACTS).next_speed()


@pytest.mark.parametrize('alarm', [{'mode': Mode.COLLISION.value}, {'stops': 1}])
def test_a_collision_or_a_latched_stop_slows_down(args, alarm):
    slow_start = SupervisedSlowStart.of(args, FACTS)
    for _ in range(20):
        slow_start.count(result())
    assert slow_start.next_speed() == 0.2
    slow_start.count(result(success=False, **alarm))
    assert slow_start.next_speed() == 0.1
