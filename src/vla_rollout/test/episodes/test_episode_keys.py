"""Which key gives which order."""

from vla_rollout.episodes.control import EpisodeControl, Order, Phase
from vla_rollout.episodes.keys import KEYS, keys_line, press


def test_every_order_has_one_key_and_the_line_says_them_all():
    assert sorted(KEYS.values()) == sorted(Order)
    assert all(order in keys_line() for order in Order)


def test_a_key_that_means_nothing_now_says_what_does():
    control = EpisodeControl()
    control.enter(Phase.READY)
    assert 'allowed: start, stop' in press(control, 's')
    assert press(control, 'x') == keys_line()
    assert press(control, ' ') == ''
    assert control.take() is Order.START
