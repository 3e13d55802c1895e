import contextlib
import os
import signal

import pytest
from vla_contract.cli.command import run_command
from vla_contract.cli.interrupts import raise_if_interrupted, remembered_interrupts


def press_ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_an_import_that_ctrl_c_ends_is_an_interruption(capsys):
    def body() -> int:
        try:
            press_ctrl_c()
        except KeyboardInterrupt:
            raise ImportError('initialization failed') from None
        return 0

    assert run_command(body) == 130
    assert capsys.readouterr().err == 'interrupted\n'


def test_an_error_without_ctrl_c_stays_one():
    def body() -> int:
        raise ImportError('initialization failed')

    with pytest.raises(ImportError):
        run_command(body)


def test_the_handler_is_put_back():
    with remembered_interrupts() as outer, remembered_interrupts() as inner:
        assert inner is outer
        with pytest.raises(KeyboardInterrupt):
            press_ctrl_c()
        assert outer.came
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_another_handler_is_kept():
    def handler(number, frame):
        pass

    signal.signal(signal.SIGINT, handler)
    try:
        with remembered_interrupts():
            assert signal.getsignal(signal.SIGINT) is handler
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def test_ctrl_c_that_was_swallowed_is_raised_before_the_work():
    def body() -> int:
        raise_if_interrupted()
        with contextlib.suppress(KeyboardInterrupt):
            press_ctrl_c()
        raise_if_interrupted()
        return 0

    assert run_command(body) == 130
