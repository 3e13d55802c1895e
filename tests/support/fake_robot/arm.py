"""Servos behind position commands: dead time, first-order lag, gravity, a hand."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
import math


@dataclass(frozen=True)
class ServoModel:
    """How the joints follow.

    Args:
        lag_s: time constant of the first-order lag [s].
        dead_time_s: before a command shows any effect [s].
        standing_error: at rest, by joint name: measured minus commanded, as of a servo that
            gravity pulls down [rad].
        stiffness: of the effort that an error of the command makes [N m/rad]; 0: no effort is
            measured, it is NaN.
    """

    lag_s: float = 0.02
    dead_time_s: float = 0.005
    standing_error: Mapping[str, float] = field(default_factory=dict)
    stiffness: float = 0.0


class Arm:
    """Positions, velocities and efforts of joints under position commands.

    position, velocity and effort are lists that keep their identity, in the order of the joints.
    """

    def __init__(
        self,
        joints: Sequence[str],
        home: Sequence[float],
        model: ServoModel,
        period_s: float,
    ) -> None:
        self.joints = tuple(joints)
        self.position = list(home)
        self.velocity = [0.0] * len(self.joints)
        self.effort = [math.nan] * len(self.joints)
        self.model = model
        self._sag = [model.standing_error.get(name, 0.0) for name in self.joints]
        self._period_s = period_s
        # The exact answer of the lag to a command that stands for one period.
        self._gain = 1.0 - math.exp(-period_s / model.lag_s) if model.lag_s else 1.0
        delay = round(model.dead_time_s / period_s)
        self._on_the_way: deque[tuple[float, ...]] = deque(maxlen=delay + 1)
        self._blocked: dict[int, tuple[float, float]] = {}

    def step(self, commands: Sequence[float]) -> None:
        """Go on for one period under commands [rad]; NaN leaves a servo where it is."""
        self._on_the_way.append(tuple(commands))
        position, velocity, gain = self.position, self.velocity, self._gain
        for i, command in enumerate(self._on_the_way[0]):
            before = position[i]
            target = before if math.isnan(command) else command + self._sag[i]
            after = before + gain * (target - before)
            if i in self._blocked:
                after = min(max(after, self._blocked[i][0]), self._blocked[i][1])
            position[i] = after
            velocity[i] = (after - before) / self._period_s
            if self.model.stiffness:
                self.effort[i] = self.model.stiffness * (target - after)

    def moved_by_hand(self, joint: str, delta: float) -> None:
        """Push a joint by some radians; its servo, where one is on, pulls it back."""
        self.position[self.joints.index(joint)] += delta

    def follow_by_hand(self, joint: str, delta: float) -> float:
        """Lead a joint whose driver follows the hand; returns the command that holds it there."""
        index = self.joints.index(joint)
        self.position[index] += delta
        command = self.position[index] - self._sag[index]
        self._on_the_way = deque(
            (row[:index] + (command,) + row[index + 1 :] for row in self._on_the_way),
            maxlen=self._on_the_way.maxlen,
        )
        return command

    def block(self, joint: str, lower: float, upper: float) -> None:
        """Keep a joint between two positions, as an object between fingers does [rad]."""
        self._blocked[self.joints.index(joint)] = (lower, upper)

    def unblock(self, joint: str) -> None:
        self._blocked.pop(self.joints.index(joint), None)
