import math
import time
from typing import Any

from lerobot.teleoperators import Teleoperator

from lerobot_teleoperator_swaying_leader.config_swaying_leader import SwayingLeaderConfig


class SwayingLeader(Teleoperator):
    config_class = SwayingLeaderConfig
    name = 'swaying_leader'
    feedback_features: dict[str, Any] = {}  # noqa: RUF012 - LeRobot's
    is_calibrated = True

    def __init__(self, config: SwayingLeaderConfig) -> None:
        super().__init__(config)
        self._config = config
        self._since_s: float | None = None

    @property
    def action_features(self) -> dict[str, type]:
        return dict.fromkeys(self._config.centre, float)

    @property
    def is_connected(self) -> bool:
        return self._since_s is not None

    def connect(self, calibrate: bool = True) -> None:
        self._since_s = 0.0

    def calibrate(self) -> None:
        pass

    def configure(self) -> None:
        pass

    def get_action(self) -> dict[str, float]:
        # It begins to sway when somebody first looks.
        self._since_s = self._since_s or time.perf_counter()
        time_s = time.perf_counter() - self._since_s
        sway = self._config.amplitude * min(1.0, time_s) * math.sin(math.pi * time_s)
        first = next(iter(self._config.centre))
        return self._config.centre | {first: self._config.centre[first] + sway}

    def send_feedback(self, feedback: dict[str, Any]) -> None:
        pass

    def disconnect(self) -> None:
        self._since_s = None
