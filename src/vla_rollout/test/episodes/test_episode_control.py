import threading

import pytest
from vla_rollout.episodes.control import (
    ALLOWED,
    EpisodeControl,
    LABELS,
    Order,
    OrderError,
    Phase,
)


@pytest.mark.parametrize('phase', Phase)
@pytest.mark.parametrize('order', Order)
def test_an_order_is_kept_where_it_means_something_and_refused_elsewhere(phase, order):
    control = EpisodeControl()
    control.enter(phase)
    if order in ALLOWED[phase]:
        control.give(order)
        assert control.take() is order
    else:
        with pytest.raises(OrderError, match=f"{phase}: found order '{order}'; allowed: .*stop"):
            control.give(order)
        assert control.order is None


def test_a_run_can_be_stopped_at_any_time_and_a_label_needs_an_episode():
    assert all(Order.STOP in orders for orders in ALLOWED.values())
    labelled = {phase for phase, orders in ALLOWED.items() if Order.SUCCESS in orders}
    assert labelled == {Phase.RUNNING, Phase.PAUSED, Phase.ENDED}


def test_a_label_for_the_last_episode_is_not_taken_for_the_next_one():
    control = EpisodeControl()
    control.enter(Phase.RUNNING)
    control.give(Order.SUCCESS)
    control.enter(Phase.BUSY)
    assert control.take() is None


@pytest.mark.parametrize('order', [Order.FAILURE, Order.PAUSE, None])
def test_what_comes_after_the_end_was_decided_is_refused_instead_of_lost(order):
    control = EpisodeControl()
    control.enter(Phase.RUNNING)
    if order:
        control.give(order)
    assert control.take() is order
    with pytest.raises(OrderError, match="the episode is busy: found order 'success'"):
        control.give(Order.SUCCESS)
    control.give(Order.STOP)
    assert control.is_stopped


def test_nothing_undoes_a_stop():
    control = EpisodeControl()
    control.give(Order.STOP)
    control.enter(Phase.RUNNING)
    control.give(Order.SUCCESS)
    assert control.take() is Order.STOP
    assert control.take() is Order.STOP
    assert control.is_stopped


@pytest.mark.parametrize('phase', [Phase.RUNNING, Phase.PAUSED, Phase.ENDED])
@pytest.mark.parametrize('label', LABELS)
def test_a_label_counts_though_a_stop_comes_before_it_is_taken(phase, label):
    control = EpisodeControl()
    control.enter(phase)
    control.give(label)
    control.give(Order.STOP)
    assert control.order is label
    assert control.take() is label
    assert control.is_stopped
    control.enter(Phase.READY)
    assert control.take() is Order.STOP


@pytest.mark.parametrize(
    ('phase', 'order'), [(Phase.READY, Order.START), (Phase.RUNNING, Order.PAUSE)]
)
def test_nothing_is_begun_or_paused_when_a_stop_comes_before_it(phase, order):
    control = EpisodeControl()
    control.enter(phase)
    control.give(order)
    control.give(Order.STOP)
    assert control.take() is Order.STOP


def test_each_order_is_taken_once_whoever_gives_it():
    control = EpisodeControl()
    control.enter(Phase.RUNNING)
    givers = [threading.Thread(target=control.give, args=(Order.FAILURE,)) for _ in range(20)]
    for giver in givers:
        giver.start()
    for giver in givers:
        giver.join()
    assert [control.take(), control.take()] == [Order.FAILURE, None]
