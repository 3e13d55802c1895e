"""What a ros2_control position controller does with commands, on a bad day."""

from typing import Any

import numpy as np


class FakeController:
    """Passes commands on; loses some, and obeys none while the robot is stopped.

    What a command is, only its sender and the world know.
    """

    def __init__(self, drop_share: float, seed: int) -> None:
        """Begin without a command.

        Args:
            drop_share: share of commands that never arrive, 0 to 1.
            seed: of which ones.
        """
        self._rng = np.random.default_rng(seed)
        self._drop_share = drop_share
        self._command: Any = None
        self.is_stopped = False

    def offer(self, command: Any) -> None:
        """Take a command."""
        if self._rng.random() >= self._drop_share:
            self._command = command

    def take(self) -> Any:
        """Return the newest command since the last call, None for none or in a stop."""
        command, self._command = self._command, None
        return None if self.is_stopped else command
