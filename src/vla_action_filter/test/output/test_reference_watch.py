import numpy as np
from vla_action_filter.output.reference_watch import ReferenceWatch

MS = 1_000_000
HOME = np.zeros(7)


def test_a_controller_that_never_spoke_is_not_judged():
    watch = ReferenceWatch('arm')
    assert watch.fault(HOME + 1.0, 0) == ''
    assert watch.reference is None


def test_one_that_falls_silent_is_not_active_until_it_speaks_again():
    watch = ReferenceWatch('arm')
    watch.hear(HOME, 0)
    assert watch.fault(None, 200 * MS) == ''
    assert watch.fault(None, 400 * MS) == 'arm is not active'
    assert watch.reference is None
    watch.hear(HOME, 500 * MS)
    assert watch.fault(None, 510 * MS) == ''


def test_one_that_refuses_is_named_after_three_looks():
    watch = ReferenceWatch('arm')
    said = []
    for k in range(5):
        watch.hear(HOME, 100 * k * MS)
        said.append(watch.fault(HOME + 0.05 * k, 100 * k * MS))
    assert said[:4] == [''] * 4
    watch.hear(HOME, 500 * MS)
    assert watch.fault(HOME + 0.25, 500 * MS).startswith('arm does not follow')


def test_one_that_follows_late_by_a_few_periods_is_trusted():
    watch = ReferenceWatch('arm')
    for k in range(100):
        now_ns = 100 * k * MS
        watch.hear(HOME + 0.2 * (k - 0.3), now_ns)
        assert watch.fault(HOME + 0.2 * k, now_ns) == ''
