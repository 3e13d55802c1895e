from datetime import datetime, timedelta, UTC
import json

from hypothesis import given, settings
from hypothesis import strategies as st
from permitted import facts, identity, write_preflight
import pytest
from vla_contract.check import Check, measured, Status
from vla_contract.errors import VlaError
from vla_rollout.preflight.gate import require_passed
from vla_rollout.preflight.page import write_checklist
from vla_rollout.preflight.progress import Group, kept_groups, Progress, unfinished
from vla_rollout.preflight.record import read_record, read_unfinished
from vla_rollout.preflight.subject import Subject

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
BEGUN = {'date': (NOW - timedelta(hours=1)).isoformat(), 'operator': 'A. Smith'}
SUBJECT = Subject.of(facts())


class Table:
    """Groups of a checklist that say when they are looked at, and one that a person breaks off."""

    def __init__(self, statuses: list[list[Status]], broken_off_at: int | None = None) -> None:
        self._statuses, self._broken_off_at = statuses, broken_off_at
        self.looked: list[str] = []

    @property
    def groups(self) -> list[Group]:
        return [
            Group(f'group {k}', lambda k=k, s=s: self._look(k, s))
            for k, s in enumerate(self._statuses)
        ]

    def _look(self, number, statuses):
        self.looked.append(f'group {number}')
        for k, status in enumerate(statuses):
            yield Check(f'item {number}.{k}', status, 'found', 'allowed', 'fix')
        if number == self._broken_off_at:
            raise KeyboardInterrupt


def go_through(table, kept=None) -> Progress:
    progress = Progress(kept)
    try:
        for group in table.groups:
            list(progress.go_through(group))
    except KeyboardInterrupt:
        pass
    return progress


STATUSES = st.lists(st.lists(st.sampled_from(Status), max_size=3), min_size=1, max_size=5)


@settings(deadline=None)
@given(STATUSES, st.data())
def test_a_resumed_checklist_equals_one_that_was_not_broken_off(statuses, data):
    whole = go_through(Table(statuses))
    at = data.draw(st.integers(0, len(statuses) - 1))
    first = go_through(Table(statuses, at))
    table = Table(statuses)
    kept = kept_groups(first.sizes, first.found)
    resumed = go_through(table, kept)
    assert resumed.found == whole.found
    assert resumed.sizes == whole.sizes
    again = {f'group {k}' for k, s in enumerate(statuses) if k < at and s and f'group {k}' in kept}
    assert not again & set(table.looked)


def broken_off(path, **changes):
    """Write what is on disk after the first of two groups, the second broken off in its middle."""
    progress = Progress()
    first = Group('first', lambda: [measured('disk', True, '50 GB', '>= 20 GB', '')])
    list(progress.go_through(first))
    progress.found.append(measured('latency', True, '9 ms', '< 200 ms', ''))
    checks = [*progress.found, unfinished('interrupted')]
    write_checklist(path.parent, checks, {**facts(), **BEGUN, **changes}, path, progress)
    return path


@pytest.fixture
def path(tmp_path):
    return broken_off(tmp_path / 'p.json')


def test_what_was_broken_off_opens_no_gate_and_says_how_to_go_on(path):
    with pytest.raises(
        VlaError, match=f'was broken off; go on with it: preflight --resume {path}'
    ):
        require_passed(path, SUBJECT, NOW)
    assert json.loads(path.read_text())['passed'] is False


def test_not_even_when_all_that_was_looked_at_holds(tmp_path):
    progress = Progress()
    write_checklist(tmp_path, [], {**facts(), **BEGUN}, None, progress)
    assert json.loads((tmp_path / 'preflight.json').read_text())['passed'] is False


def test_groups_that_were_gone_through_are_kept_and_the_broken_one_is_not(path):
    record = read_unfinished(path, SUBJECT, 'A. Smith', NOW)
    assert {name: [item.name for item in group] for name, group in record.kept.items()} == {
        'first': ['disk']
    }
    assert record.date == NOW - timedelta(hours=1)
    assert read_unfinished(path, SUBJECT, '', NOW).operator == 'A. Smith'


@pytest.mark.parametrize(
    ('ours', 'reason'),
    [
        (facts(identity(content_sha256='e' * 64)), 'something else: files of the policy'),
        (facts(identity(policy_file_sha256='e' * 64)), 'something else: policy file'),
        (facts(identity(backend='hold')), 'something else: backend'),
        (facts(cell_sha256='e' * 64), 'something else: cell'),
        (facts(calibration_ids={'top': 'June'}), 'calibration of camera top'),
    ],
    ids=['files', 'policy file', 'backend', 'cell', 'calibration'],
)
def test_another_subject_begins_a_new_checklist(path, ours, reason):
    with pytest.raises(VlaError, match=reason):
        read_unfinished(path, Subject.of(ours), 'A. Smith', NOW)


def test_so_do_another_operator_and_another_day(path):
    with pytest.raises(VlaError, match="begun by operator 'A. Smith', not 'B. Jones'"):
        read_unfinished(path, SUBJECT, 'B. Jones', NOW)
    with pytest.raises(VlaError, match='13 hours old; allowed: 12'):
        read_unfinished(path, SUBJECT, '', NOW + timedelta(hours=12))


def test_a_whole_checklist_is_not_resumed(path):
    write_preflight(path, **BEGUN)
    with pytest.raises(VlaError, match='every item was looked at'):
        read_unfinished(path, SUBJECT, '', NOW)


def test_an_edited_one_is_neither(path):
    path.write_text(path.read_text().replace('"50 GB"', '"90 GB"'))
    with pytest.raises(VlaError, match='edited, or written on another machine'):
        read_record(path)
