"""Which key gives which order."""

from vla_rollout.episodes.control import Commander, EpisodeControl, Order, Phase
from vla_rollout.episodes.keys import KEYS, keys_line, press


def test_every_order_has_one_key_and_the_line_says_them_all():
    assert sorted(KEYS.values()) == sorted(Order)
    assert all(order in keys_line() for order in Order)


def test_a_key_that_means_nothing_now_says_what_does():
    control = EpisodeControl()
    control.enter(Phase.READY)
    assert 'allowed: start, stop' in press(control, 's')
    assert press(control, 'x') == keys_line()
    assert 'allowed: while an episode is running' in press(control, 't')
    assert press(control, ' ') == ''
    assert control.take() is Order.START


def test_keys_give_the_arms_to_a_human_and_back_while_an_episode_runs():
    assert 't take over, b hand back' in keys_line()
    control = EpisodeControl()
    control.enter(Phase.RUNNING)
    for key, commander in (('t', Commander.HUMAN), ('b', Commander.POLICY)):
        assert press(control, key) == ''
        assert control.take_commander() is commander
        assert control.take_commander() is None
    press(control, 't')
    control.enter(Phase.PAUSED)
    assert control.take_commander() is None
