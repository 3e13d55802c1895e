import signal

import pytest
from vla_contract.ros.node.ending import Ending

NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


@pytest.fixture
def ending():
    handlers = {number: signal.getsignal(number) for number in NUMBERS}
    for number in NUMBERS:
        signal.signal(number, signal.SIG_DFL)
    ending = Ending()
    ending.listen()
    yield ending
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.mark.parametrize('number', NUMBERS, ids=lambda number: number.name)
def test_a_signal_is_remembered_and_interrupts_nothing(ending, number):
    signal.raise_signal(number)
    assert ending.came


def test_the_first_signal_breaks_off_what_may_be_broken_off(ending):
    with pytest.raises(KeyboardInterrupt), ending.interrupting():
        signal.raise_signal(signal.SIGTERM)


def test_the_second_signal_breaks_nothing_off(ending):
    went_on = False
    with pytest.raises(KeyboardInterrupt), ending.interrupting():
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            signal.raise_signal(signal.SIGINT)
            went_on = True
    assert went_on


def test_nothing_long_begins_after_a_signal(ending):
    signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), ending.interrupting():
        pytest.fail('it began')


def test_after_the_end_signals_do_nothing(ending):
    ending.ignore()
    for number in NUMBERS:
        signal.raise_signal(number)
    assert not ending.came


def test_a_hang_up_that_nohup_ignores_stays_ignored(ending):
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    ending.listen()
    signal.raise_signal(signal.SIGHUP)
    assert not ending.came
