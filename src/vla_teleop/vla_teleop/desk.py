"""A person at a device: session, the guide of a leader, and what both say."""

from collections.abc import Mapping
from dataclasses import replace
import re

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.joints.target_stream import TargetStream
from vla_contract.values import ActionChunk, Vector
from vla_teleop.config import TeleopConfig
from vla_teleop.devices.device import Device
from vla_teleop.devices.device_file import DeviceFile
from vla_teleop.devices.errors import DeviceError
from vla_teleop.devices.reading import Reading
from vla_teleop.mapping.hand_over import HandOverLimits
from vla_teleop.mapping.leader_guide import LeaderGuide
from vla_teleop.mapping.leader_joints import LeaderJoints
from vla_teleop.mapping.make_motion import make_motion
from vla_teleop.session import Session, Tick

_NUMBER = re.compile(r'[-+]?\d[\d.]*')


class Desk:
    """What one device makes of a cell, tick by tick.

    Attributes:
        goals: of a leader's motors; None to leave it limp.
        message: what is the case, in a sentence.
    """

    def __init__(self, file: DeviceFile, cell: Cell, device: Device, config: TeleopConfig) -> None:
        """Prepare for a device that is open.

        Raises:
            VlaError: its joints or its tool are not in the cell, or it cannot be led.
        """
        self.goals: Mapping[str, float] | None = None
        self.message = ''
        motion = make_motion(file, cell, device.encoders, config)
        self._columns = motion.columns
        self._session = Session(motion, cell, config.rate_hz)
        self._stream = TargetStream(cell, config.lead_s, 1.0 / config.rate_hz)
        self._guide: LeaderGuide | None = None
        self._last: Tick | None = None
        self._dropped = 0
        if config.lead_leader:
            self._guide = _guide(file, cell, device, config)

    @property
    def names(self) -> tuple[str, ...]:
        """Joints of the chunks."""
        return tuple(self._session.names)

    @property
    def is_leading(self) -> bool:
        """Whether the device leads the arm."""
        return self._session.is_leading

    @property
    def kind(self) -> str:
        """The message without its numbers: it changes when something else is the case."""
        return _NUMBER.sub('', self.message)

    @property
    def values(self) -> dict[str, object]:
        """What a status has beside the message."""
        offset = self._last.offset if self._last is not None else None
        return {
            'leading': self.is_leading,
            'readings_dropped': self._dropped,
            'offset_joint': offset.joint if offset else '',
            'offset': offset.found if offset else 0.0,
            'offset_allowed': offset.allowed if offset else 0.0,
        }

    def tick(
        self,
        reading: Reading | None,
        commanded: Vector | None,
        refusal: str,
        fault: str,
        now_ns: int,
    ) -> ActionChunk | None:
        """Return what is to be sent now; None for nothing, also between two that are near in time.

        Args:
            reading: newest of the device; None for none.
            commanded: position of all joints, shape (D,) [rad or m]; None where it is not known.
            refusal: why the device may not lead, '' when it may.
            fault: why there is no reading, '' when there is.
            now_ns: time [ns].
        """
        is_led = self._guide is not None and self._guide.is_leading
        held = self._guide.message if self._guide is not None and is_led else ''
        was_leading = self._session.is_leading
        tick = self._session.tick(reading, commanded, refusal or held, now_ns)
        self._last = tick
        self._dropped += tick.is_bad
        self.message = fault if reading is None and fault else tick.message
        chunk = None
        if tick.wish is not None and commanded is not None:
            if not was_leading:
                self._stream.restart(commanded)
            chunk = self._streamed(tick.wish, commanded, now_ns)
        if self._guide is None or commanded is None:
            self.goals = None
            return chunk
        arm, is_leading = commanded[self._columns], tick.wish is not None
        self._guide.step(reading, arm, tick.offset, not refusal, is_leading, now_ns)
        self.goals = self._guide.goals
        if self._guide.message and not is_leading:
            self.message = f'{self._guide.message}; {self.message}'
        return chunk

    def _streamed(self, wish: Vector, commanded: Vector, now_ns: int) -> ActionChunk | None:
        """Return how the device's joints go on to a wish, shape (n,)."""
        target = np.array(commanded)
        target[self._columns] = wish
        chunk = self._stream.chunk(target, now_ns)
        if chunk is None:
            return None
        return replace(chunk, positions=chunk.positions[:, self._columns])


def _guide(file: DeviceFile, cell: Cell, device: Device, config: TeleopConfig) -> LeaderGuide:
    if not (file.is_leader and device.can_be_led):
        raise DeviceError(
            f'{file.name}: lead_leader: found true; allowed: false for a device without motors '
            'that LeRobot commands and whose torque can be taken'
        )
    limits = HandOverLimits(
        config.leader_speed, config.leader_lag, config.align_rad / 2.0, config.leader_timeout_s
    )
    return LeaderGuide(LeaderJoints(file, cell, device.encoders), limits)
