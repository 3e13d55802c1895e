"""What people tell the filter while it runs: e_stop and speed_scale, from any publisher."""

from rclpy.node import Node
from std_msgs.msg import Bool, Float64
from vla_action_filter.action_filter import ActionFilter
from vla_action_filter.config import FilterConfig
from vla_action_filter.operator.e_stop import EStopSources
from vla_action_filter.operator.speed_sources import SpeedSources
from vla_contract.ros.listening.said import Conversation


class OperatorInputs:
    """Hears every publisher of both topics and tells the core what follows from all of them."""

    def __init__(
        self, node: Node, core: ActionFilter, settings: FilterConfig, first_speed: float = 1.0
    ) -> None:
        """Subscribe.

        Args:
            node: on which.
            core: is told.
            settings: which publishers of e_stop are required.
            first_speed: share of the velocity limits until somebody says another.
        """
        self._logger, self._core = node.get_logger(), core
        self._presses = Conversation(node, Bool, 'e_stop')
        self._speeds = Conversation(node, Float64, 'speed_scale')
        self._stop = EStopSources(settings.e_stop_required.split(), settings.e_stop_deadline_s)
        self._speed = SpeedSources(first_speed)
        self.look()

    def look(self) -> None:
        """See who publishes; call several times a second."""
        self._stop.see_publishers(self._presses.publishers)
        self._speed.see_publishers(self._speeds.publishers)

    def poll(self, now_ns: int) -> None:
        """Take what was said; call before every step of the core, and when it does not step."""
        for said in self._presses.take():
            is_pressed = bool(said.message.data)
            if self._stop.is_news(said.publisher, is_pressed):
                self.look()
            self._stop.hear(said.publisher, is_pressed, now_ns)
            # After each word: a press that was released since then has stopped the arm.
            self._core.set_e_stop(self._stop.is_pressed, self._stop.reason)
        self._core.set_e_stop(self._stop.is_pressed, self._stop.reason)
        self._core.set_e_stop_missing(self._stop.missing(now_ns))
        for said in self._speeds.take():
            scale = said.message.data
            if self._core.set_speed_scale(scale):
                self.look()
                self._speed.hear(said.publisher, scale)
            else:
                self._logger.error(f'speed_scale refused: found {scale}; allowed: 0 to 1')
        self._core.set_speed_scale(self._speed.scale)

    @property
    def values(self) -> dict[str, object]:
        """What a status message should tell of them."""
        return {
            'speed_conflict': self._speed.conflict,
            'e_stop_pressed_by': self._stop.pressers,
        }
