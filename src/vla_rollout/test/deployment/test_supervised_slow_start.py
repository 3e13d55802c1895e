import argparse
from dataclasses import replace
from datetime import datetime, timedelta, UTC

from permitted import facts, identity, unknown, write_preflight
import pytest
from vla_contract.errors import VlaError
from vla_rollout.deployment.supervised import SupervisedSlowStart
from vla_rollout.diagnosis.cause import Mode
from vla_rollout.episodes.episode import EpisodeResult

FACTS = facts()


def result(success=True, mode=None, **counters):
    return EpisodeResult(0, success, 'success', 2.0, 0, 3, None, None, counters, failure_mode=mode)


@pytest.fixture
def args(tmp_path):
    preflight = write_preflight(tmp_path / 'preflight.json')
    return argparse.Namespace(slow_start=tmp_path / 'd.yaml', preflight=preflight, soft=True)


def test_without_a_slow_start_there_is_no_gate():
    assert SupervisedSlowStart.of(argparse.Namespace(), FACTS) is None


def test_a_slow_start_needs_a_preflight_that_passed(args):
    args.preflight.write_text('{}')
    with pytest.raises(VlaError, match='no digest'):
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


@pytest.mark.parametrize(
    ('policy', 'reason'),
    [
        (unknown(), 'does not say what it serves'),
        (identity(content_sha256='e' * 64), 'files of the policy'),
        (identity(backend='hold'), 'backend'),
    ],
)
def test_the_speed_of_one_policy_is_not_that_of_another(args, policy, reason):
    with pytest.raises(VlaError, match=reason):
        SupervisedSlowStart.of(args, facts(policy))


def test_a_stale_preflight_begins_nothing(args):
    long_ago = datetime.now(UTC) - timedelta(hours=13)
    write_preflight(args.preflight, date=long_ago.isoformat())
    with pytest.raises(VlaError, match='13 hours old'):
        SupervisedSlowStart.of(args, FACTS)


@pytest.mark.parametrize(
    'alarm',
    [
        {'mode': Mode.COLLISION.value},
        {'mode': Mode.OVERLOAD.value},
        {'stops': 1},
        {'e_stops': 1, 'stops': 0},
    ],
)
def test_a_collision_a_latched_stop_or_an_e_stop_slows_down(args, alarm):
    slow_start = SupervisedSlowStart.of(args, FACTS)
    for _ in range(20):
        slow_start.count(result())
    assert slow_start.next_speed() == 0.2
    slow_start.count(result(success=False, **alarm))
    assert slow_start.next_speed() == 0.1


def test_a_rejection_is_kept_until_a_person_confirms(args):
    slow_start = SupervisedSlowStart.of(args, FACTS)
    for _ in range(3):
        slow_start.count(result(success=False))
    again = SupervisedSlowStart.of(args, FACTS)
    for _ in range(30):
        again.count(result())
    assert again.next_speed() == 0.1
    args.resume_after_rejection = 'A. Smith'
    confirmed = SupervisedSlowStart.of(args, FACTS)
    assert 'by: A. Smith' in args.slow_start.read_text()
    for _ in range(20):
        confirmed.count(result())
    assert confirmed.next_speed() == 0.2
    with pytest.raises(VlaError, match='no rate was rejected'):
        SupervisedSlowStart.of(args, FACTS)


def test_an_episode_without_an_answer_is_not_counted_unless_it_was_alarming(args, capsys):
    slow_start = SupervisedSlowStart.of(args, FACTS)
    for _ in range(30):
        slow_start.count(replace(result(success=False), chunks=0))
    assert 'no answer of the policy, not counted; speed 10%' in capsys.readouterr().out
    assert not args.slow_start.exists()
    for _ in range(3):
        slow_start.count(replace(result(success=False, stops=1), chunks=0))
    assert 'rejected: the success rate at speed 10%' in capsys.readouterr().out


@pytest.mark.parametrize(
    'option', [{'preflight': 'p.json'}, {'soft': True}, {'resume_after_rejection': 'A. Smith'}]
)
def test_what_only_a_slow_start_uses_is_refused_without_one(option):
    (name,) = option
    with pytest.raises(VlaError, match=f'--{name.replace("_", "-")} needs --slow-start'):
        SupervisedSlowStart.of(argparse.Namespace(slow_start=None, **option), FACTS)
