"""LeRobot's gamepad class over a joystick that a test pushes: its own code, none of ours."""

from types import SimpleNamespace

from leader_double import device_file, so101
import numpy as np
import pytest
from vla_lerobot.lerobot_import import quiet_lerobot
from vla_teleop.devices.device import make_device
from vla_teleop.devices.errors import BadReadingError, DeviceError
from vla_teleop.devices.lerobot.gives import given_by, Gives
from vla_teleop.devices.lerobot.phone import Phone
from vla_teleop.devices.reading import check_motion, Press

CELL = so101()


def clock_ns() -> int:
    return 5


class Joystick:
    """What LeRobot asks pygame's joystick for."""

    def __init__(self) -> None:
        self.axes, self.buttons = [0.0] * 4, [False] * 8

    def get_axis(self, k: int) -> float:
        return self.axes[k]

    def get_button(self, k: int) -> bool:
        return self.buttons[k]


class Pygame:
    """The part of pygame that LeRobot's GamepadController calls."""

    JOYBUTTONDOWN, JOYBUTTONUP, JOYAXISMOTION = 1, 2, 3
    error = RuntimeError

    def __init__(self, joystick: Joystick | None) -> None:
        self.events: list = []
        self.joystick = SimpleNamespace(
            init=lambda: None,
            get_init=lambda: False,
            get_count=lambda: int(joystick is not None),
            Joystick=lambda _: SimpleNamespace(
                init=lambda: None,
                get_name=lambda: 'test pad',
                get_axis=joystick.get_axis,
                get_button=joystick.get_button,
            ),
        )
        self.event = SimpleNamespace(get=self._take)

    def init(self) -> None:
        pass

    quit = init

    def push(self, kind: int, button: int = 0) -> None:
        self.events.append(SimpleNamespace(type=kind, button=button))

    def _take(self) -> list:
        events, self.events = self.events, []
        return events


@pytest.fixture
def pad(monkeypatch, tmp_path):
    """Return how to plug a pad in: the device and its pygame."""
    quiet_lerobot()
    from lerobot.teleoperators.gamepad import gamepad_utils

    def plug(joystick):
        pygame = Pygame(joystick)
        monkeypatch.setattr(gamepad_utils, 'pygame', pygame)
        monkeypatch.setattr(gamepad_utils, 'require_package', lambda *args, **more: None)
        options = {'type': 'gamepad'}
        file = device_file(tmp_path, device='lerobot', joints=None, options=options, tool={})
        return make_device(file, CELL, clock_ns), pygame

    return plug


def test_the_sticks_push_forward_left_and_up(pad):
    joystick = Joystick()
    device, _ = pad(joystick)
    device.connect()
    joystick.axes = [-0.5, -1.0, 0.0, -0.25]
    reading = device.read()
    assert reading.deflection.linear == (1.0, 0.5, 0.25)
    assert not reading.is_engaged
    device.close()


def test_the_upper_button_takes_over_once_and_counts_while_it_is_held(pad):
    joystick = Joystick()
    device, pygame = pad(joystick)
    device.connect()
    joystick.buttons[5] = True
    pygame.push(Pygame.JOYAXISMOTION)
    first, second = device.read(), device.read()
    assert first.is_engaged
    assert first.presses == {Press.TAKE_OVER}
    assert second.is_engaged
    assert not second.presses
    joystick.buttons[5] = False
    pygame.push(Pygame.JOYBUTTONUP, 5)
    assert not device.read().is_engaged


def test_success_hands_back_and_triggers_move_the_gripper(pad):
    device, pygame = pad(Joystick())
    device.connect()
    pygame.push(Pygame.JOYBUTTONDOWN, 3)
    assert device.read().presses == {Press.HAND_BACK}
    pygame.push(Pygame.JOYBUTTONDOWN, 6)
    assert device.read().gripper == -1.0
    pygame.push(Pygame.JOYBUTTONUP, 6)
    pygame.push(Pygame.JOYBUTTONDOWN, 7)
    assert device.read().gripper == 1.0


def test_without_a_pad_it_does_not_open(pad):
    device, _ = pad(None)
    with pytest.raises(DeviceError, match='gamepad: found none that answers'):
        device.connect()


def test_without_pygame_it_says_what_installs_it(tmp_path, monkeypatch):
    quiet_lerobot()
    from lerobot.utils import import_utils

    monkeypatch.setattr(import_utils, '_require_package_cache', {'pygame': False})
    options = {'type': 'gamepad'}
    file = device_file(tmp_path, device='lerobot', joints=None, options=options, tool={})
    device = make_device(file, CELL, clock_ns)
    with pytest.raises(DeviceError, match=r"pip install 'lerobot\[gamepad\]'"):
        device.connect()


class Keyboard:
    """The part of pynput's keyboard that LeRobot's class asks for."""

    class Key:
        """Names of keys."""

        up, down, left, right, shift, shift_r, ctrl_r, ctrl_l, esc = 'UDLRsSCcE'

    class Listener:
        """Hands nothing on by itself; a test presses."""

        def __init__(self, on_press, on_release) -> None:
            self.on_press, self.on_release = on_press, on_release

        def start(self) -> None:
            pass

        stop = start

        def is_alive(self) -> bool:
            return True


@pytest.fixture
def keys(monkeypatch, tmp_path):
    """Return LeRobot's keys of a desktop as a device, and what presses them."""
    quiet_lerobot()
    from lerobot.teleoperators.keyboard import teleop_keyboard

    monkeypatch.setattr(teleop_keyboard, 'keyboard', Keyboard)
    monkeypatch.setattr(teleop_keyboard, 'PYNPUT_AVAILABLE', True)
    monkeypatch.setattr(teleop_keyboard, 'pynput_can_capture', lambda: True)
    monkeypatch.setattr(teleop_keyboard, 'require_package', lambda *args, **more: None)
    options = {'type': 'keyboard_ee'}
    file = device_file(tmp_path, device='lerobot', joints=None, options=options, tool={})
    device = make_device(file, CELL, clock_ns)
    device.connect()
    return device, device._sticks.listener


def test_a_key_of_a_desktop_counts_as_long_as_it_is_held(keys):
    device, listener = keys
    listener.on_press(Keyboard.Key.up)
    for _ in range(3):
        reading = device.read()
        assert reading.deflection.linear == (0.0, -1.0, 0.0)
        assert reading.is_engaged
        assert not reading.presses
    listener.on_release(Keyboard.Key.up)
    assert not device.read().is_engaged
    listener.on_press(Keyboard.Key.ctrl_l)
    assert device.read().gripper == -1.0


def test_t_and_b_take_over_and_hand_back_once(keys):
    device, listener = keys
    listener.on_press('t')
    assert [device.read().presses for _ in range(3)] == [{Press.TAKE_OVER}, set(), set()]
    listener.on_release('t')
    device.read()
    listener.on_press('b')
    assert device.read().presses == {Press.HAND_BACK}


class PhoneDouble:
    """What LeRobot's Phone answers."""

    is_connected = True

    def __init__(self, action: dict) -> None:
        self._action = action

    def get_action(self) -> dict:
        return self._action


def phone(action) -> Phone:
    return Phone(SimpleNamespace(name='phone', options={}), PhoneDouble(action), clock_ns)


def test_a_phone_gives_the_pose_of_the_hand_while_its_button_is_held():
    from lerobot.utils.rotation import Rotation

    action = {
        'phone.pos': np.array([0.1, 0.2, 0.3]),
        'phone.rot': Rotation.from_rotvec(np.array([0.0, 0.0, np.pi / 2])),
        'phone.raw_inputs': {'a3': -0.5},
        'phone.enabled': True,
    }
    reading = phone(action).read()
    check_motion(reading)
    assert reading.pose.T_device_hand[:3, 3] == pytest.approx([0.1, 0.2, 0.3])
    assert reading.pose.T_device_hand[:3, 0] == pytest.approx([0.0, 1.0, 0.0], abs=1e-6)
    assert reading.gripper == -0.5
    assert reading.is_engaged
    with pytest.raises(BadReadingError, match='phone: found no pose'):
        phone({}).read()


def test_what_a_class_gives_is_told_by_its_features():
    assert given_by({'a.pos': float, 'a.vel': float}) is Gives.JOINTS
    assert given_by({'dtype': 'float32', 'names': {'delta_x': 0}}) is Gives.DEFLECTION
    assert given_by({'phone.pos': object, 'phone.rot': object}) is Gives.POSE
    assert given_by({'linear_velocity': float}) is Gives.NOTHING
