"""Keys count while the terminal repeats them, and no longer."""

import os
import sys

from leader_double import device_file, so101
import pytest
from vla_contract.errors import SettingError
from vla_contract.values import to_ns
from vla_teleop.devices.device import make_device
from vla_teleop.devices.errors import DeviceError
from vla_teleop.devices.keys.bindings import keys_line
from vla_teleop.devices.reading import Press, STILL


class Clock:
    """Time that a test sets."""

    def __init__(self) -> None:
        self.now_ns = to_ns(1.0)

    def __call__(self) -> int:
        return self.now_ns


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def keyboard(tmp_path, clock):
    file = device_file(tmp_path, device='keyboard', joints=None, tool={})
    return make_device(file, so101(), clock)


def test_a_key_counts_until_the_terminal_would_have_repeated_it(keyboard, clock):
    keyboard.press('w')
    keyboard.press('R')
    reading = keyboard.read()
    assert reading.deflection.linear == (1.0, 0.0, 1.0)
    assert reading.is_engaged
    clock.now_ns += to_ns(0.1)
    keyboard.press('w')
    clock.now_ns += to_ns(0.1)
    assert keyboard.read().deflection.linear == (1.0, 0.0, 0.0)
    clock.now_ns += to_ns(0.1)
    reading = keyboard.read()
    assert reading.deflection.linear == STILL
    assert not reading.is_engaged


def test_keys_against_each_other_stand_still_and_are_held(keyboard):
    for key in 'wsnm':
        keyboard.press(key)
    reading = keyboard.read()
    assert reading.deflection.linear == STILL
    assert reading.gripper == 0.0
    assert reading.is_engaged


def test_turns_gripper_and_buttons_have_keys(keyboard):
    for key in 'jnt':
        keyboard.press(key)
    reading = keyboard.read()
    assert reading.deflection.angular == (0.0, 0.0, 1.0)
    assert reading.gripper == -1.0
    assert reading.presses == {Press.TAKE_OVER}
    keyboard.press('b')
    assert keyboard.read().presses == {Press.HAND_BACK}
    assert not keyboard.read().presses


def test_a_key_that_means_nothing_says_which_do(keyboard, capsys):
    keyboard.press('x')
    assert capsys.readouterr().out.strip() == keys_line()
    assert 't take over' in keys_line()


def test_a_clock_that_was_set_back_lets_go(keyboard, clock):
    keyboard.press('w')
    clock.now_ns -= to_ns(0.5)
    assert not keyboard.read().is_engaged


def test_without_a_terminal_it_does_not_open(keyboard, monkeypatch):
    with open(os.devnull) as nothing:
        monkeypatch.setattr(sys, 'stdin', nothing)
        with pytest.raises(DeviceError, match='found no terminal'):
            keyboard.connect()
    keyboard.close()


@pytest.mark.parametrize(
    'changes',
    [{'options': {'hold_s': 0.0}}, {'options': {'hold': 1.0}}, {'joints': {'a': {'joint': 'b'}}}],
)
def test_what_the_file_may_not_say_is_refused(tmp_path, clock, changes):
    values = {'device': 'keyboard', 'joints': None, 'tool': {}} | changes
    if values['joints']:
        values['tool'] = None
    file = device_file(tmp_path, **values)
    with pytest.raises(SettingError):
        make_device(file, so101(), clock)
