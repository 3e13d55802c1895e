from vla_rollout.graph.failed_inferences import FailedInferences


def test_failures_count_from_the_beginning_of_an_episode():
    failed = FailedInferences()
    failed.hear(3, 'out of memory')
    failed.begin()
    assert (failed.count, failed.last) == (0, '')
    failed.hear(5, 'device lost')
    assert (failed.count, failed.last) == (2, 'device lost')


def test_a_server_that_started_anew_counts_from_nothing():
    failed = FailedInferences()
    failed.hear(7, 'out of memory')
    failed.begin()
    failed.hear(0, '')
    assert failed.count == 0
    failed.hear(2, 'again')
    assert (failed.count, failed.last) == (2, 'again')
