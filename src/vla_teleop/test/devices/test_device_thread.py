"""Whatever a device does, its thread goes on; what it last said does not count after a fault."""

from collections.abc import Callable
import threading

import pytest
from vla_teleop.devices.device_thread import DeviceThread, Patience
from vla_teleop.devices.errors import BadReadingError, DeviceError
from vla_teleop.devices.reading import Press, Reading

PATIENCE = Patience(errors_in_a_row=3, reconnect_s=0.01)


class Scripted:
    """A device that does what a test says.

    Attributes:
        does: what the next reading does: a reading, or an error that is raised.
        calls: what was called, in order.
    """

    def __init__(self) -> None:
        self.does: Reading | Exception = Reading(1)
        self.opens: Exception | None = None
        self.calls: list[str] = []
        self.read_once = threading.Condition()
        self.count = 0
        self.encoders: dict = {}
        self.can_be_led = True

    def connect(self) -> None:
        with self.read_once:
            self.calls.append('connect')
            self.read_once.notify_all()
        if self.opens is not None:
            raise self.opens

    def read(self) -> Reading:
        with self.read_once:
            self.count += 1
            self.read_once.notify_all()
            does = self.does
        if isinstance(does, Exception):
            raise does
        return does

    def lead(self, numbers) -> None:
        self.calls.append(f'lead {numbers["a"]:g}')

    def release(self) -> None:
        self.calls.append('release')

    def close(self) -> None:
        self.calls.append('close')


@pytest.fixture
def device():
    return Scripted()


@pytest.fixture
def thread(device):
    thread = DeviceThread(device, 1000.0, PATIENCE)
    yield thread
    thread.close()
    assert device.calls[-1] == 'close'


def until(device: Scripted, condition: Callable[[], bool]) -> None:
    with device.read_once:
        assert device.read_once.wait_for(condition, 60.0), 'condition not met'


def after(device: Scripted, readings: int = 3) -> None:
    """Wait for some more readings."""
    aim = device.count + readings
    until(device, lambda: device.count >= aim)


def test_the_newest_reading_and_every_press_is_there(device, thread):
    device.does = Reading(2, presses=frozenset({Press.TAKE_OVER}))
    after(device)
    device.does = Reading(3)
    after(device)
    assert thread.newest().stamp_ns == 3
    assert thread.take_presses() == {Press.TAKE_OVER}
    assert not thread.take_presses()


def test_after_a_fault_nothing_counts_until_it_answers(device, thread):
    device.does = BadReadingError('phone', 'no pose', 'one')
    after(device, 10)
    assert thread.newest() is None
    assert thread.fault == 'phone: found no pose; allowed: one'
    assert not thread.is_lost
    device.does = Reading(4)
    after(device)
    assert thread.newest().stamp_ns == 4
    assert thread.fault == ''


def test_a_device_that_is_gone_is_closed_and_opened_again(device, thread):
    device.does = device.opens = OSError('unplugged')
    until(device, lambda: device.calls.count('connect') == 3)
    assert thread.is_lost
    assert thread.fault == 'unplugged'
    device.does, device.opens = Reading(5), None
    after(device)
    assert thread.reconnects == 1
    assert device.calls[:3] == ['connect', 'close', 'connect']
    assert thread.newest().stamp_ns == 5


def test_led_motors_are_released_when_nobody_leads_and_on_any_fault(device, thread):
    thread.lead({'a': 1.0})
    after(device)
    thread.lead(None)
    after(device)
    assert device.calls.count('release') == 1
    thread.lead({'a': 2.0})
    after(device)
    device.does = OSError('no answer')
    after(device, 1)
    device.does = Reading(6)
    after(device)
    assert device.calls.count('release') == 2
    assert device.calls[-1] == 'release', 'led again without being told'


@pytest.mark.parametrize('error', [DeviceError('no port'), OSError('no port')])
def test_one_that_does_not_open_is_an_error(device, error):
    device.opens = error
    with pytest.raises(DeviceError, match='no port'):
        DeviceThread(device, 100.0, PATIENCE)
    assert device.calls == ['connect', 'close']
