from vla_action_filter.watchdogs.watch import Watch
from vla_contract.values import to_ns

GONE = 'unwatched: rollout has ended; activate anew'


def heard(*beats: tuple[float, str], is_required: bool = False) -> Watch:
    watch = Watch(is_required, to_ns(0.5))
    for at_s, who in beats:
        watch.hear(who, to_ns(at_s))
    return watch


def reasons(watch: Watch, *times_s: float) -> list[str]:
    return [watch.reason(to_ns(at_s)) for at_s in times_s]


def test_a_heartbeat_that_goes_on_is_no_reason():
    watch = heard((0.0, 'rollout 1'), (0.4, 'rollout 1'))
    assert reasons(watch, 0.4, 0.8) == ['', '']


def test_one_that_was_late_is_heard_again():
    watch = heard((0.0, 'rollout 1'))
    assert reasons(watch, 0.6, 2.4) == ['unwatched: rollout is late'] * 2
    watch.hear('rollout 1', to_ns(2.4))
    assert reasons(watch, 2.5) == ['']


def test_one_that_comes_back_much_later_is_not():
    watch = heard((0.0, 'rollout 1'))
    assert reasons(watch, 2.6) == [GONE]
    watch.hear('rollout 1', to_ns(2.7))
    assert reasons(watch, 2.7) == [GONE]
    watch.restart()
    assert reasons(watch, 2.8) == ['']


def test_another_one_does_not_take_over_from_one_that_ended():
    watch = heard((0.0, 'rollout 1'), (0.7, 'rollout 2'))
    assert reasons(watch, 0.7, 0.8) == [GONE] * 2


def test_two_may_watch_one_after_the_other():
    watch = heard((0.0, 'preflight 1'), (0.1, ''), (5.0, 'rollout 1'))
    assert reasons(watch, 5.1) == ['']


def test_without_any_it_depends_on_whether_one_is_required():
    assert heard(is_required=True).reason(0) == 'unwatched: no heartbeat on topic watch'
    assert heard().reason(0) == ''
