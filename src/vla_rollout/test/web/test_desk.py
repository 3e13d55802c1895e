import pytest
from vla_contract.errors import UnknownNameError, VlaError
from vla_rollout.episodes.control import Commander, Order, Phase


@pytest.mark.parametrize('order', Order)
@pytest.mark.parametrize('phase', Phase)
def test_a_button_does_what_the_key_does_or_says_why_not(desk, control, order, phase):
    control.enter(phase)
    if str(order) in desk.state()['allowed']:
        assert desk.press(str(order)) == order
        assert control.order is order
    else:
        with pytest.raises(VlaError, match=f"the episode is {phase}: found order '{order}'"):
            desk.press(str(order))
        assert control.order is None


def test_arms_are_given_over_while_an_episode_runs(desk, control):
    with pytest.raises(VlaError, match='allowed: while an episode is running'):
        desk.press('take_over')
    control.enter(Phase.RUNNING)
    assert {'take_over', 'hand_back'} <= set(desk.state()['allowed'])
    assert desk.press('take_over') == 'take over'
    assert control.take_commander() is Commander.HUMAN


@pytest.mark.parametrize('phase', Phase)
def test_the_e_stop_may_be_pressed_at_any_time(desk, control, button, phase):
    control.enter(phase)
    assert desk.press('e_stop') == 'e-stop pressed: the arm brakes'
    assert button.is_pressed
    assert desk.state()['e_stop']
    assert 'release' in desk.state()['allowed']
    assert 'reset' not in desk.state()['allowed']
    desk.press('release')
    assert not button.is_pressed
    assert 'reset' in desk.state()['allowed']


def test_a_reset_says_what_the_filter_says(desk, resets):
    resets += ['reset', VlaError('e_stop is still pressed')]
    assert desk.press('reset') == 'reset'
    with pytest.raises(VlaError, match='e_stop is still pressed'):
        desk.press('reset')


def test_an_unknown_button_is_named_with_those_that_exist(desk):
    with pytest.raises(UnknownNameError, match="button 'sucess' is not in the page.*success"):
        desk.press('sucess')
