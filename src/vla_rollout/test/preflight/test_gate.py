from datetime import datetime, timedelta, UTC
import json

import pytest
from vla_contract.errors import VlaError
from vla_rollout.preflight.gate import require_passed

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def write(path, **changes):
    values = {'passed': True, 'cell_sha256': 'c', 'policy_sha256': 'p'}
    values['date'] = (NOW - timedelta(hours=1)).isoformat()
    path.write_text(json.dumps({**values, **changes}))
    return path


def test_a_fresh_passed_checklist_of_this_cell_opens_the_gate(tmp_path):
    require_passed(write(tmp_path / 'preflight.json'), 'c', 'p', NOW)


@pytest.mark.parametrize(
    ('changes', 'reason'),
    [
        ({'passed': False}, 'did not pass'),
        ({'passed': 'yes'}, 'did not pass'),
        ({'policy_sha256': 'other'}, 'another cell or checkpoint'),
        ({'cell_sha256': 'other'}, 'another cell or checkpoint'),
        ({'date': (NOW - timedelta(hours=13)).isoformat()}, '13 hours old'),
        ({'date': (NOW + timedelta(hours=1)).isoformat()}, '-1 hours old'),
        ({'date': 'yesterday'}, 'not what preflight writes'),
    ],
)
def test_anything_else_keeps_it_shut(tmp_path, changes, reason):
    with pytest.raises(VlaError, match=reason):
        require_passed(write(tmp_path / 'preflight.json', **changes), 'c', 'p', NOW)


def test_no_checklist_no_deployment(tmp_path):
    with pytest.raises(VlaError, match='run preflight --json'):
        require_passed(tmp_path / 'preflight.json', 'c', 'p', NOW)
