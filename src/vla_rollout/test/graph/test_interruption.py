from contextlib import suppress
import signal

import pytest
from vla_contract.cli.interrupts import remembered_interrupts
from vla_rollout.graph.ros.interruption import once_interrupted, raise_if_interrupted

ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(autouse=True)
def handlers():
    before = {number: signal.getsignal(number) for number in ENDS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def swallow(number=signal.SIGINT) -> None:
    """Do what an import or a destructor does with what a signal raises inside it."""
    with suppress(KeyboardInterrupt):
        signal.raise_signal(number)


def test_what_ends_undisturbed_gives_its_result():
    assert once_interrupted(lambda: 3, ENDS) == 3


@pytest.mark.parametrize('number', ENDS)
def test_a_signal_that_was_swallowed_counts_at_the_end(number):
    with pytest.raises(KeyboardInterrupt):
        once_interrupted(lambda: swallow(number), ENDS)


@pytest.mark.parametrize('number', ENDS)
def test_and_before_the_next_part_of_the_work(number):
    done = []

    def body() -> None:
        for part in (1, 2, 3):
            done.append(part)
            if part == 2:
                swallow(number)
            raise_if_interrupted()

    with pytest.raises(KeyboardInterrupt):
        once_interrupted(body, ENDS)
    assert done == [1, 2]


@pytest.mark.parametrize('number', ENDS)
def test_a_signal_twice_interrupts_once(number):
    ended = []

    def body() -> None:
        try:
            signal.raise_signal(number)
        finally:
            # What is done at the end is not cut short.
            signal.raise_signal(number)
            ended.append(number)

    with pytest.raises(KeyboardInterrupt):
        once_interrupted(body)
    assert ended == [number]


def test_one_that_was_swallowed_before_begins_nothing():
    begun = []
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with remembered_interrupts():
        swallow()
        with pytest.raises(KeyboardInterrupt):
            once_interrupted(lambda: begun.append(1), ENDS)
    assert not begun


def test_where_nothing_is_to_be_interrupted_nothing_is_raised():
    raise_if_interrupted()
