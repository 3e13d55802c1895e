from lerobot_robot_vla_deploy.standing import is_news, why_it_stands
import pytest
from vla_contract.filter_status import FilterStatus, Reason, ReasonCode, Verdict


def status(verdict: Verdict | None, text: str = '', code: ReasonCode = ReasonCode.UNKNOWN):
    return FilterStatus(verdict, Reason(text, code))


@pytest.mark.parametrize(
    ('said', 'why'),
    [
        (status(None), 'action_filter is not active'),
        (status(Verdict.LATCHED, 'e_stop', ReasonCode.E_STOP), 'has stopped the arm: e_stop;'),
        (status(Verdict.STOP, 'joint_states stale'), 'has stopped the arm: joint_states stale'),
        (status(Verdict.HOLD, 'no watch', ReasonCode.WATCH_LOST), 'deactivate and activate'),
        (status(Verdict.HOLD, 'locked', ReasonCode.LOCKED), 'holds the arm: locked'),
        (status(Verdict.HOLD, 'two', ReasonCode.CONFLICT), 'holds the arm: two'),
    ],
)
def test_an_arm_that_no_target_moves_is_told_with_the_cure(said, why):
    assert why in why_it_stands(said)


@pytest.mark.parametrize(
    'said',
    [
        status(Verdict.PASS),
        status(Verdict.CLAMP, 'velocity joint1', ReasonCode.VELOCITY),
        status(Verdict.HOLD, 'no chunk', ReasonCode.NO_CHUNK),
        status(Verdict.HOLD, 'chunk refused, jump', ReasonCode.CHUNK_REFUSED),
    ],
)
def test_an_arm_that_the_next_target_moves_goes_on(said):
    assert why_it_stands(said) == ''


def test_a_person_hears_of_a_refused_target_and_not_of_a_pause():
    assert is_news(status(Verdict.HOLD, 'chunk refused, jump', ReasonCode.CHUNK_REFUSED))
    assert not is_news(status(Verdict.HOLD, 'chunk stale', ReasonCode.CHUNK_STALE))
    assert not is_news(status(Verdict.PASS))
