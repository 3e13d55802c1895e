from vla_rollout.graph.loading_policy import LoadingPolicy


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_a_policy_loads_as_long_as_its_server_says_so():
    clock = Clock()
    loading = LoadingPolicy(clock)
    assert not loading.is_going_on
    for _ in range(600):
        loading.hear('policy loading')
        clock.now_s += 1.0
        assert loading.is_going_on
    loading.hear('')
    assert not loading.is_going_on


def test_a_server_that_falls_silent_is_waited_for_no_more():
    clock = Clock()
    loading = LoadingPolicy(clock)
    loading.hear('policy loading')
    clock.now_s += 30.0
    assert not loading.is_going_on
    assert loading.news() == ''


def test_a_person_is_told_now_and_then():
    clock = Clock()
    loading = LoadingPolicy(clock)
    told = []
    for second in range(25):
        loading.hear(f'policy loading, {second} s')
        told.append(loading.news())
        clock.now_s += 1.0
    assert list(filter(None, told)) == [f'policy loading, {s} s' for s in (0, 10, 20)]
