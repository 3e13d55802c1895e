"""The newest command of every channel, and whether the first of them may be obeyed."""

from collections.abc import Sequence
import threading

import numpy as np
from vla_contract.values import Vector
from vla_lerobot.drivers.commands.curve import Curve


class CommandInbox:
    """Takes commands in one thread, and says in another where all joints are to be.

    The first command after a start, a release, a lost connection or a silence must be near where
    the arm is held: a filter that starts begins there, a script that was meant for another pose
    does not.
    """

    def __init__(
        self, names: Sequence[str], steps: Vector, timeout_ns: int, channels: Sequence[str]
    ) -> None:
        """Begin without a command.

        Args:
            names: joints.
            steps: how far from where it is held each may be sent first, shape (D,) [rad or m].
            timeout_ns: silence after which a command is a first one again [ns].
            channels: names of those that together command all joints.
        """
        self._names, self._steps, self._timeout_ns = tuple(names), steps, timeout_ns
        self._channels = set(channels)
        self._lock = threading.Lock()
        self._curves: dict[str, tuple[list[int], Curve]] = {}
        self._heard_ns = 0
        self._goal: Vector | None = None
        self._is_following = False
        self._refusal = ''

    @property
    def refusal(self) -> str:
        """Why the last command was not obeyed, '' when it was."""
        return self._refusal

    @property
    def is_following(self) -> bool:
        """Whether commands are obeyed."""
        return self._is_following

    def offer(self, channel: str, columns: list[int], curve: Curve, now_ns: int) -> None:
        """Take a channel's command; one that is not finite, or over already, is refused.

        Args:
            channel: its name.
            columns: places of its joints in the order of all.
            curve: of these joints.
            now_ns: time [ns].
        """
        is_finite = bool(np.isfinite(curve.positions).all())
        if curve.velocities is not None:
            is_finite = is_finite and bool(np.isfinite(curve.velocities).all())
        if not is_finite:
            self.refuse(f'channel {channel}: found a number that is not finite')
        elif len(curve.times_ns) > 1 and curve.times_ns[-1] < now_ns:
            late_s = (now_ns - int(curve.times_ns[-1])) * 1e-9
            self.refuse(
                f'channel {channel}: the command ended {late_s:.3f} s ago; allowed: one that does '
                "not, by this machine's clock"
            )
        else:
            with self._lock:
                self._curves[channel] = columns, curve
                # A trajectory that was sent at once is no silence until it ends.
                self._heard_ns = max(now_ns, int(curve.times_ns[-1]))
                if self._is_following:
                    self._refusal = ''

    def refuse(self, reason: str) -> None:
        """Say why a command is not obeyed."""
        self._refusal = reason

    def forget(self) -> None:
        """Drop all commands: the next is a first one, near the measured position."""
        with self._lock:
            self._curves, self._goal, self._is_following = {}, None, False

    def target(self, measured: Vector, now_ns: int) -> Vector | None:
        """Return where the joints are to be, shape (D,) [rad or m]; None to hold.

        Args:
            measured: shape (D,) [rad or m].
            now_ns: time [ns].
        """
        with self._lock:
            if now_ns - self._heard_ns > self._timeout_ns and self._is_following:
                self._is_following, self._curves = False, {}
            if set(self._curves) != self._channels:
                return None
            held = measured if self._goal is None else self._goal
            target = np.array(held)
            for columns, curve in self._curves.values():
                # One that begins later leaves its joints where they are until then.
                if curve.times_ns[0] <= now_ns:
                    target[columns] = curve.at(now_ns)
            if not self._is_following:
                if far := self._too_far(target, held):
                    self._curves, self._refusal = {}, far
                    return None
                self._is_following, self._refusal = True, ''
            self._goal = target
            return target

    def _too_far(self, target: Vector, held: Vector) -> str:
        distance = np.abs(target - held)
        far = [
            f'{name} by {distance[k]:.3f}'
            for k, name in enumerate(self._names)
            if distance[k] > self._steps[k]
        ]
        if not far:
            return ''
        allowed = float(np.min(self._steps))
        return (
            f'the first command is away from where the arm is held: {", ".join(far)} rad; '
            f'allowed: {allowed:g}'
        )
