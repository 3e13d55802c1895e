from datetime import datetime, timedelta, UTC
import json

from permitted import facts, identity, unknown, write_preflight
import pytest
from vla_contract.errors import VlaError
from vla_rollout.preflight.gate import require_passed
from vla_rollout.preflight.subject import Subject

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
AN_HOUR_AGO = NOW - timedelta(hours=1)
SUBJECT = Subject.of(facts())


@pytest.fixture
def path(tmp_path):
    return tmp_path / 'preflight.json'


def test_a_fresh_passed_checklist_of_this_cell_and_policy_opens_the_gate(path):
    require_passed(write_preflight(path, date=AN_HOUR_AGO.isoformat()), SUBJECT, NOW)


@pytest.mark.parametrize(
    ('changes', 'reason'),
    [
        ({'passed': False}, 'did not pass'),
        ({'passed': 'yes'}, 'did not pass'),
        ({'cell_sha256': 'other'}, 'something else: cell'),
        (
            {'calibration_ids': {'top': 'board of June'}},
            'something else: calibration of camera top',
        ),
        ({'calibration_ids': {}}, 'calibration of camera top'),
        ({'description_sha256': 'f' * 64}, 'description of the robot .eeeeeeee, not ffffffff'),
        ({'description_sha256': ''}, 'description of the robot .eeeeeeee, not unknown'),
        ({'date': (NOW - timedelta(hours=13)).isoformat()}, '13 hours old'),
        ({'date': (NOW + timedelta(hours=1)).isoformat()}, '-1 hours old'),
        ({'date': 'yesterday'}, 'not what preflight writes'),
        ({'date': '2026-11-22T11:00:00'}, 'not what preflight writes'),
        ({'identity': {}}, 'not what preflight writes'),
        ({'identity': unknown().to_dict()}, 'files of the policy'),
    ],
)
def test_anything_else_keeps_it_shut(path, changes, reason):
    write_preflight(path, **{'date': AN_HOUR_AGO.isoformat(), **changes})
    with pytest.raises(VlaError, match=reason):
        require_passed(path, SUBJECT, NOW)


@pytest.mark.parametrize(
    ('changes', 'reason'),
    [
        ({'backend': 'hold'}, r'something else: backend \(hold, not lerobot\); run preflight'),
        ({'content_sha256': 'e' * 64}, r'files of the policy \(eeeeeeee, not aaaaaaaa\)'),
        ({'policy_file_sha256': 'e' * 64}, r'policy file \(eeeeeeee, not bbbbbbbb\)'),
        ({'cell_sha256': 'e' * 64}, 'runs in another cell'),
    ],
)
def test_another_policy_does_not_pass_by_this_checklist(path, changes, reason):
    subject = Subject.of(facts(identity(**changes)))
    with pytest.raises(VlaError, match=reason):
        require_passed(write_preflight(path, date=AN_HOUR_AGO.isoformat()), subject, NOW)


def test_the_same_policy_elsewhere_and_in_another_precision_passes(path):
    subject = Subject.of(facts(identity(policy='other name', source='/a', precision='bfloat16')))
    require_passed(write_preflight(path, date=AN_HOUR_AGO.isoformat()), subject, NOW)


def test_a_policy_that_nobody_knows_passes_no_checklist_not_even_its_own(path):
    write_preflight(path, date=AN_HOUR_AGO.isoformat(), **facts(unknown()))
    with pytest.raises(VlaError, match='ws://gpu does not say what it serves'):
        require_passed(path, Subject.of(facts(unknown())), NOW)


def test_an_edited_checklist_opens_nothing(path):
    write_preflight(path, date=AN_HOUR_AGO.isoformat(), passed=False)
    path.write_text(path.read_text().replace('"passed": false', '"passed": true'))
    with pytest.raises(VlaError, match='edited, or written on another machine'):
        require_passed(path, SUBJECT, NOW)
    path.write_text(json.dumps({'passed': True, 'date': AN_HOUR_AGO.isoformat(), **facts()}))
    with pytest.raises(VlaError, match='no digest'):
        require_passed(path, SUBJECT, NOW)


def test_no_checklist_no_deployment(path):
    with pytest.raises(VlaError, match='run preflight --json'):
        require_passed(path, SUBJECT, NOW)
