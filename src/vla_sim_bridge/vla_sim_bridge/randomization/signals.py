"""One episode's imperfections of what goes to the arm and of what comes from its sensors."""

from dataclasses import dataclass, field

import numpy as np
from vla_contract.values import NS_PER_S, Vector
from vla_sim_bridge.randomization.latency import Latency
from vla_sim_bridge.randomization.term import random_stream

# How long a reading's error lasts: slower than a sample, faster than a motion.
_NOISE_S = 0.05
# It stays the same for as long as a command, whoever reads how often.
_CELL_NS = 10_000_000
_KEEP = float(np.exp(-_CELL_NS / NS_PER_S / _NOISE_S))


def _none() -> Vector:
    return np.zeros(0)


@dataclass
class SignalSettings:
    """One episode's settings; the defaults change nothing.

    Attributes:
        seed: of the episode; gives what changes within it a stream of its own.
        control_latency_s: time from a command to its effect at the motor [s].
        action_delay_s: the same, of a second term: whole periods of commands [s].
        control_jitter_s: the largest extra of it [s].
        vision_latency_s: time from capture to delivery of an image [s]; its stamp stays.
        observation_delay_s: the same, of a second term: whole periods of images [s].
        vision_jitter_s: the largest extra of it [s].
        action_noise: standard deviation of the error of each action [rad or m].
        backlash: play of each arm joint, shape (n,) [rad or m].
        thermal_drift: change of the servos' gains until the time limit, as a share.
        encoder_offset: constant error of each arm joint's reading, shape (n,) [rad or m].
        encoder_drift: growth of that error until the time limit, shape (n,) [rad/s or m/s].
        joint_noise: standard deviation of each reading's wandering error [rad or m].
        noise_seed: seed of that error.
    """

    seed: int = 0
    control_latency_s: float = 0.0
    action_delay_s: float = 0.0
    control_jitter_s: float = 0.0
    vision_latency_s: float = 0.0
    observation_delay_s: float = 0.0
    vision_jitter_s: float = 0.0
    action_noise: float = 0.0
    backlash: Vector = field(default_factory=_none)
    thermal_drift: float = 0.0
    encoder_offset: Vector = field(default_factory=_none)
    encoder_drift: Vector = field(default_factory=_none)
    joint_noise: float = 0.0
    noise_seed: int = 0

    @property
    def motors_are_nominal(self) -> bool:
        """Whether commands reach the motors as they are."""
        latency_s = self.control_latency_s + self.action_delay_s + self.control_jitter_s
        return not (latency_s or self.action_noise or self.thermal_drift or self.backlash.any())

    @property
    def control_latency(self) -> Latency:
        """From commands to motors."""
        constant_s = self.control_latency_s + self.action_delay_s
        stream = random_stream(self.seed, 'control_jitter.episode')
        return Latency(constant_s, self.control_jitter_s, stream)

    @property
    def vision_latency(self) -> Latency:
        """From capture to delivery."""
        constant_s = self.vision_latency_s + self.observation_delay_s
        stream = random_stream(self.seed, 'vision_jitter.episode')
        return Latency(constant_s, self.vision_jitter_s, stream)


class JointReading:
    """Adds a constant, a growing and a wandering error to measured positions.

    The wandering error is a first-order autoregressive process, e' = c e + sqrt(1 - c^2) s w with
    c = exp(-dt / 50 ms) and dt = 10 ms, so that two readings in a row err alike, as those of a
    real joint do. It depends on the time since the start of the episode alone, not on how often
    one reads.
    """

    def __init__(
        self,
        settings: SignalSettings,
        arm: tuple[int, ...],
        dim: int,
        start_ns: int = 0,
        time_limit_s: float = np.inf,
    ) -> None:
        """Prepare for an episode of an arm among `dim` joints.

        Args:
            settings: the episode's imperfections.
            arm: which joints they concern.
            dim: number of all joints.
            start_ns: when the episode begins [ns].
            time_limit_s: how long errors grow [s].
        """
        self._arm = np.array(arm)
        self._start_ns, self._time_limit_s = start_ns, time_limit_s
        self._offset, self._drift = np.zeros(dim), np.zeros(dim)
        if len(settings.encoder_offset):
            self._offset[self._arm] = settings.encoder_offset
        if len(settings.encoder_drift):
            self._drift[self._arm] = settings.encoder_drift
        self._std = settings.joint_noise
        self._rng = np.random.default_rng(settings.noise_seed)
        self._errors = [self._std * self._rng.standard_normal(len(arm))]

    def read(self, position: Vector, time_ns: int) -> Vector:
        """Return what the encoders say, shape (D,); the same again at the same time."""
        age_s = min((time_ns - self._start_ns) / NS_PER_S, self._time_limit_s)
        reading: Vector = position + self._offset + age_s * self._drift
        if self._std > 0.0:
            reading[self._arm] += self._error((time_ns - self._start_ns) // _CELL_NS)
        return reading

    def _error(self, cell: int) -> Vector:
        """Return the wandering error of a cell of 10 ms since the start."""
        while len(self._errors) <= cell:
            fresh = self._rng.standard_normal(len(self._arm))
            error = _KEEP * self._errors[-1] + np.sqrt(1.0 - _KEEP**2) * self._std * fresh
            self._errors.append(error)
        return self._errors[cell]
