"""Does somebody watch? A heartbeat without which the arm does not move on."""


class Watch:
    """Notices that a watcher has gone; what it then says holds until the filter is armed anew.

    Whoever lets a policy move an arm, such as a rollout, publishes a heartbeat. One that ended,
    however it ended, no longer does.
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
        self._heard_ns, self._who = now_ns, who

    def reason(self, now_ns: int) -> str:
        """Return why the arm may not move, '' for no reason."""
        if self._heard_ns is not None and now_ns - self._heard_ns > self._age_ns:
            self._is_lost = True
        if self._is_lost:
            return f'unwatched: {self._who} has ended; activate anew'
        if self._heard_ns is None and self._is_required:
            return 'unwatched: no heartbeat on topic watch'
        return ''
