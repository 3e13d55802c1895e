"""A hand that moves a simulated leader: to the arm's rest position, then in a slow sine."""

from dataclasses import dataclass
import math

import numpy as np
from vla_contract.schema import setting
from vla_contract.values import Vector


@dataclass(frozen=True)
class HandOptions:
    """Options of the device simulated_leader."""

    away_rad: float = setting(
        0.4, doc='how far from the arm the leader lies at first', unit='rad', lower=0.0, upper=1.0
    )
    align_s: float = setting(
        2.0, doc='how long the hand takes to bring it to the arm', unit='s', lower=0.1
    )
    amplitude_rad: float = setting(
        0.25, doc='of the motion that follows', unit='rad', lower=0.0, upper=1.0
    )
    period_s: float = setting(6.0, doc='of that motion', unit='s', lower=0.5)


class Hand:
    """Where the leader's joints are over time."""

    def __init__(self, options: HandOptions, home: Vector) -> None:
        """Prepare; `home` is the rest position of the arm, shape (n,) [rad]."""
        self._options, self._home = options, home
        # Joints move one after the other, so that each can be told in a plot.
        self._phases = np.arange(len(home)) * (math.pi / 5.0)

    def at(self, time_s: float) -> Vector:
        """Return the position at a time since the beginning [s], shape (n,) [rad]."""
        options = self._options
        away = options.away_rad * max(0.0, 1.0 - time_s / options.align_s)
        moving_s = max(0.0, time_s - options.align_s)
        # Starts slowly: a hand does.
        share = min(1.0, moving_s / options.period_s)
        phase = 2.0 * math.pi * moving_s / options.period_s
        sway = options.amplitude_rad * share * np.sin(phase - self._phases)
        position: Vector = self._home + away + sway
        return position
