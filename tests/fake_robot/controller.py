"""What a ros2_control position controller does with commands, on a bad day."""

import numpy as np
from vla_contract.values import Vector


class FakeController:
    """Passes commands on; loses some, and obeys none while the robot is stopped.

    The way to a command takes one period of the controller, as with a point of
    joint_trajectory_controller whose time_from_start is one period; the world moves it there.
    """

    def __init__(self, drop_share: float, seed: int) -> None:
        """Begin without a command.

        Args:
            drop_share: share of commands that never arrive, 0 to 1.
            seed: of which ones.
        """
        self._rng = np.random.default_rng(seed)
        self._drop_share = drop_share
        self._command: Vector | None = None
        self.is_stopped = False

    def offer(self, command: Vector) -> None:
        """Take a command, shape (D,) [rad or m]."""
        if self._rng.random() >= self._drop_share:
            self._command = np.array(command)

    def take(self) -> Vector | None:
        """Return the newest command since the last call, None for none or in a stop."""
        command, self._command = self._command, None
        return None if self.is_stopped else command
