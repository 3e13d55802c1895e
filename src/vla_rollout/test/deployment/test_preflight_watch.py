from vla_rollout.deployment.preflight_watch import PreflightWatch


def test_nothing_is_awaited_before_a_check_and_after_its_end():
    watch = PreflightWatch()
    watch.hear(0.0)
    assert watch.reason(1e6) == ''
    watch.begin(0.0)
    watch.end()
    assert watch.reason(1e6) == ''


def test_a_preflight_has_a_minute_to_come():
    watch = PreflightWatch()
    watch.hear(99.0)
    watch.begin(100.0)
    assert watch.reason(160.0) == ''
    assert 'no preflight was heard within 60 s of supervisor/check' in watch.reason(160.1)
    watch.begin(200.0)
    assert watch.reason(260.0) == ''


def test_one_that_has_come_may_be_silent_for_five_seconds():
    watch = PreflightWatch()
    watch.begin(0.0)
    for now_s in range(1, 100, 4):
        watch.hear(float(now_s))
        assert watch.reason(now_s + 4.9) == ''
    assert 'preflight has ended, or was not heard for 5 s' in watch.reason(now_s + 5.1)
