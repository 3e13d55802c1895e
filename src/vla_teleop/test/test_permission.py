"""A device leads only while the filter lets a person command its arm."""

import pytest
from vla_contract.filter_status import FilterStatus, Reason, ReasonCode, Verdict
from vla_contract.values import to_ns
from vla_teleop.permission import POLICY, refusal, SILENT

PASS = FilterStatus(Verdict.PASS, human=('left_arm', 'right_arm'))
STOPPED = FilterStatus(Verdict.LATCHED, Reason('e-stop', ReasonCode.E_STOP), human=('left_arm',))


@pytest.mark.parametrize(
    ('status', 'groups', 'said'),
    [
        (PASS, ('left_arm',), ''),
        (PASS, ('left_arm', 'right_arm'), ''),
        (PASS, ('arm',), POLICY),
        (FilterStatus(Verdict.HOLD, human=('left_arm',)), ('left_arm', 'right_arm'), POLICY),
        (FilterStatus(None), ('left_arm',), 'the action filter is not active'),
        (STOPPED, ('left_arm',), 'the action filter has stopped the arm, e-stop: '),
        (None, ('left_arm',), SILENT),
    ],
)
def test_what_the_filter_says_decides(status, groups, said):
    found = refusal(status, 0, groups, to_ns(0.5))
    assert found.startswith(said)
    assert bool(found) == bool(said)


def test_a_filter_that_says_nothing_any_more_permits_nothing():
    assert refusal(PASS, 0, ('left_arm',), to_ns(1.5)) == SILENT
