"""What from outside keeps an armed filter from following the plan."""

from vla_action_filter.config import FilterConfig
from vla_action_filter.watchdogs.watch import Watch
from vla_action_filter.watchdogs.watchdogs import Debounce
from vla_contract.filter_status import NO_REASON, Reason
from vla_contract.values import to_ns


class HoldReasons:
    """Nobody watches, or somebody else commands the arm; in this order."""

    def __init__(self, config: FilterConfig) -> None:
        """Begin without a reason."""
        self._watch = Watch(config.require_watch, to_ns(config.watch_age_s))
        self._conflict = self._held_conflict = NO_REASON
        self._conflict_debounce = Debounce(1, config.release_cycles)

    def restart(self) -> None:
        """Forget who watched; a conflict lasts as long as it is there."""
        self._watch.restart()
        self._conflict_debounce.restart()

    def hear_watch(self, who: str, now_ns: int) -> None:
        """Take a heartbeat of who watches the arm."""
        self._watch.hear(who, now_ns)

    def set_conflict(self, reason: Reason) -> None:
        """Take why the arm must not be commanded, such as two policies on a topic."""
        self._conflict = reason

    def reason(self, now_ns: int) -> Reason:
        """Return why the arm must hold, empty for no reason; call once per cycle."""
        if unwatched := self._watch.reason(now_ns):
            return unwatched
        self._held_conflict = self._conflict or self._held_conflict
        if self._conflict_debounce.update(bool(self._conflict)):
            return self._held_conflict
        self._held_conflict = NO_REASON
        return NO_REASON
