from hypothesis import given
from hypothesis import strategies as st
import pytest
from vla_contract.errors import ContractError
from vla_contract.filter_status import (
    ChunkFault,
    FilterStatus,
    NO_REASON,
    PlanProgress,
    Reason,
    ReasonCode,
    RefusedChunk,
    TakenChunk,
    Verdict,
)

TIMES = st.integers(0, 2**62)
TAKEN = st.builds(TakenChunk, TIMES, TIMES)
REFUSED = st.builds(RefusedChunk, TIMES, st.sampled_from(ChunkFault))
PLANS = st.builds(PlanProgress, TAKEN, TIMES, TIMES, st.floats(0.0, 1.0))
REASONS = st.builds(
    Reason, st.text('abc: _0123.', min_size=1).filter(str.strip), st.sampled_from(ReasonCode)
)


@given(
    st.builds(
        FilterStatus,
        st.sampled_from(Verdict),
        REASONS,
        TIMES,
        TIMES,
        st.booleans(),
        st.sampled_from(['armed', 'stopped-latched']),
        st.lists(TAKEN, max_size=3).map(tuple),
        st.lists(REFUSED, max_size=3).map(tuple),
        st.none() | PLANS,
        st.dictionaries(st.sampled_from(['cycles', 'stops', 'e_stops']), st.integers(0)),
        st.lists(st.sampled_from(['left_arm', 'right_arm']), unique=True).map(tuple),
    )
)
def test_what_is_read_is_what_was_said_exactly(status):
    said = status.values()
    assert all(isinstance(value, str) for value in said.values())
    again = FilterStatus.read(status.message, said)
    assert again == status
    assert again.reason.code is status.reason.code


def test_a_filter_that_is_inactive_has_no_verdict():
    status = FilterStatus(None)
    assert status.message == 'inactive'
    assert FilterStatus.read('inactive', status.values()) == status
    assert status.latch_cause == ''


def test_a_message_without_values_still_says_verdict_and_reason():
    status = FilterStatus.read('hold: no chunk', {})
    assert (status.verdict, status.reason) == (Verdict.HOLD, 'no chunk')
    assert status.reason.code is ReasonCode.UNKNOWN


@pytest.mark.parametrize(
    ('message', 'values'),
    [
        ('sideways', {}),
        ('pass', {'since_ns': 'soon'}),
        ('hold: x', {'reason_code': 'boredom'}),
        ('pass', {'chunks_refused': '12:ugly'}),
        ('pass', {'plan': '1:2 3'}),
        ('pass', {'counters': 'stops'}),
    ],
)
def test_what_no_filter_says_is_refused_in_a_sentence(message, values):
    with pytest.raises(ContractError, match='action_filter/status: found '):
        FilterStatus.read(message, values)


def test_only_a_stop_has_a_latch_cause():
    reason = Reason('e_stop', ReasonCode.E_STOP)
    causes = [FilterStatus(verdict, reason).latch_cause for verdict in Verdict]
    assert causes == ['', '', '', 'e_stop', 'e_stop']
    assert FilterStatus(Verdict.LATCHED, NO_REASON).latch_cause == 'latched'


def test_a_slowed_plan_goes_on_at_its_rate():
    plan = PlanProgress(TakenChunk(5, 3), 100, 80, 0.5)
    assert [plan.plan_at(t) for t in (100, 120, 60)] == [80, 90, 60]


def test_an_arm_that_nobody_watches_any_more_stands_until_somebody_lets_it_go_on():
    lost = Reason('unwatched: rollout has ended; activate anew', ReasonCode.WATCH_LOST)
    late = Reason('unwatched: rollout is late', ReasonCode.UNWATCHED)
    assert FilterStatus(Verdict.HOLD, lost).stop_cause == lost
    assert FilterStatus(Verdict.HOLD, late).stop_cause == ''
    assert FilterStatus(Verdict.LATCHED, NO_REASON).stop_cause == 'latched'
