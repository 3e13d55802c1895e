"""What lies between a command and the motor, and between a joint and its reading."""

from dataclasses import dataclass, field

import numpy as np
from vla_contract.values import NS_PER_S, Vector

# How long a reading's error lasts: slower than a sample, faster than a motion.
_NOISE_S = 0.05


@dataclass
class SignalSettings:
    """One episode's settings; the defaults change nothing.

    Attributes:
        control_latency_s: time from a command to its effect at the motor [s].
        vision_latency_s: time from capture to delivery of an image [s]; its stamp stays.
        encoder_offset: constant error of each arm joint's reading, shape (n,) [rad or m].
        joint_noise: standard deviation of each reading's wandering error [rad or m].
        noise_seed: seed of that error.
    """

    control_latency_s: float = 0.0
    vision_latency_s: float = 0.0
    encoder_offset: Vector = field(default_factory=lambda: np.zeros(0))
    joint_noise: float = 0.0
    noise_seed: int = 0


class ControlDelay:
    """Delays rows of controls by a whole number of physics steps."""

    def __init__(self, steps: int, at_rest: Vector) -> None:
        """Begin with the controls of an arm at rest, shape (nu,)."""
        self._waiting = np.tile(at_rest, (steps, 1))

    def pass_through(self, controls: Vector) -> Vector:
        """Return the controls that reach the motors while these are sent, shape (K, nu)."""
        if not len(self._waiting):
            return controls
        line = np.concatenate([self._waiting, controls])
        self._waiting = line[len(controls) :]
        delayed: Vector = line[: len(controls)]
        return delayed


class JointReading:
    """Adds a constant offset and a wandering error to measured positions.

    The error is a first-order autoregressive process, e' = c e + sqrt(1 - c^2) s w with
    c = exp(-dt / 50 ms), so that two readings in a row err alike, as those of a real joint do.
    """

    def __init__(self, settings: SignalSettings, arm: tuple[int, ...], dim: int) -> None:
        """Prepare for an episode of an arm among `dim` joints."""
        self._arm = np.array(arm)
        self._offset = np.zeros(dim)
        if len(settings.encoder_offset):
            self._offset[self._arm] = settings.encoder_offset
        self._std = settings.joint_noise
        self._rng = np.random.default_rng(settings.noise_seed)
        self._error = self._std * self._rng.standard_normal(len(arm))
        self._time_ns: int | None = None

    def read(self, position: Vector, time_ns: int) -> Vector:
        """Return what the encoders say, shape (D,); the same again at the same time."""
        if self._std > 0.0:
            self._wander(time_ns)
        reading: Vector = position + self._offset
        if self._std > 0.0:
            reading[self._arm] += self._error
        return reading

    def _wander(self, time_ns: int) -> None:
        if self._time_ns is not None and time_ns > self._time_ns:
            keep = float(np.exp(-(time_ns - self._time_ns) / NS_PER_S / _NOISE_S))
            fresh = self._rng.standard_normal(len(self._arm))
            self._error = keep * self._error + np.sqrt(1.0 - keep**2) * self._std * fresh
        self._time_ns = time_ns
