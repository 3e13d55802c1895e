"""What the driver says of itself: one level, one sentence, its numbers."""

from collections.abc import Sequence

from vla_lerobot.drivers.camera_thread import CameraThread
from vla_lerobot.drivers.commands.inbox import CommandInbox
from vla_lerobot.drivers.cycle import DriverCycle
from vla_lerobot.drivers.motors.health import ERROR, Finding, OK, WARN


def driver_status(
    cycle: DriverCycle, inbox: CommandInbox, cameras: Sequence[CameraThread]
) -> Finding:
    """Return the worst of connection, motors, commands and cameras."""
    state, motors = cycle.state, cycle.health.finding()
    silent = [f'camera {camera.name}: {camera.fault}' for camera in cameras if camera.fault]
    said = [
        (ERROR, f'connection lost, tried again: {state.error}' if state.is_lost else ''),
        (motors.level, motors.message),
        (WARN, 'released: the torque is off until lerobot_robot/release is called with false')
        if state.is_released
        else (OK, ''),
        (WARN, inbox.refusal),
        (WARN, '; '.join(silent)),
        (WARN, f'no answer in the last cycle: {state.error}' if state.in_a_row else ''),
        (WARN, _beyond(state.beyond)),
    ]
    level, message = max(
        ((level, text) for level, text in said if text),
        key=lambda pair: pair[0],
        default=(OK, 'following' if inbox.is_following else 'holding'),
    )
    return Finding(level, message, _values(cycle, inbox) | dict(motors.values))


def _beyond(joints: Sequence[str]) -> str:
    if not joints:
        return ''
    return f'{", ".join(joints)} commanded beyond the calibrated range, and held at its end'


def _values(cycle: DriverCycle, inbox: CommandInbox) -> dict[str, float]:
    state = cycle.state
    return {
        'cycles': state.cycles,
        'errors': state.errors,
        'errors_in_a_row': state.in_a_row,
        'reconnects': state.reconnects,
        'following': float(inbox.is_following),
        'released': float(state.is_released),
    }
