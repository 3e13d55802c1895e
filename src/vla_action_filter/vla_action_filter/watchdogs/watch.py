"""Does somebody watch? A heartbeat without which the arm does not move on."""

from vla_contract.filter_status import NO_REASON, Reason, ReasonCode
from vla_contract.values import to_ns

# A watcher on a loaded machine is late now and then. The arm has braked by then and goes on when
# it is heard again; after longer nobody expects it to move by itself.
_LATE_NS = to_ns(2.0)


class Watch:
    """Notices that a watcher is late, or has gone; then it holds until the filter is armed anew.

    Whoever lets a policy move an arm, such as a rollout, publishes a heartbeat with a name of its
    own: one word for people, and one that no other process has. One that ended, however it ended,
    is not heard again.
    """

    def __init__(self, is_required: bool, age_ns: int) -> None:
        """Prepare.

        Args:
            is_required: whether nothing may move before a heartbeat; otherwise one that was heard
                must go on.
            age_ns: longest time between two heartbeats [ns].
        """
        self._is_required, self._age_ns = is_required, age_ns
        self.restart()

    def restart(self) -> None:
        """Forget who watched."""
        self._heard_ns: int | None = None
        self._who = ''
        self._is_lost = False

    def hear(self, who: str, now_ns: int) -> None:
        """Take a heartbeat; an empty name says that there is nothing to watch any more."""
        if not who:
            self._heard_ns = None
            return
        # What another one watches from now on, the one that was late no longer does.
        self._is_lost |= self._is_late(now_ns) and who != self._who
        if not self._is_lost:
            self._heard_ns, self._who = now_ns, who

    def reason(self, now_ns: int) -> Reason:
        """Return why the arm may not move, empty for no reason."""
        is_late = self._is_late(now_ns)
        self._is_lost |= is_late and self._age(now_ns) > self._age_ns + _LATE_NS
        name = self._who.partition(' ')[0]
        if self._is_lost:
            return Reason(f'unwatched: {name} has ended; activate anew', ReasonCode.WATCH_LOST)
        if is_late:
            return Reason(f'unwatched: {name} is late', ReasonCode.UNWATCHED)
        if self._heard_ns is None and self._is_required:
            return Reason('unwatched: no heartbeat on topic watch', ReasonCode.UNWATCHED)
        return NO_REASON

    def _age(self, now_ns: int) -> int:
        return 0 if self._heard_ns is None else now_ns - self._heard_ns

    def _is_late(self, now_ns: int) -> bool:
        return self._age(now_ns) > self._age_ns
