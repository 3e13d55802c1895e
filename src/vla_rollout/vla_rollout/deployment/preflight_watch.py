"""After `supervisor/check` the filter is unlocked only as long as somebody makes use of it."""

# To type the command, and for it to start.
_FIRST_S = 60.0
_AWAY_S = 5.0


class PreflightWatch:
    """Says when whoever checks the robot has not come, or has gone; all times in seconds."""

    def __init__(self) -> None:
        """Begin without a check."""
        self._begun_s: float | None = None
        self._heard_s: float | None = None

    def begin(self, now_s: float) -> None:
        """Wait for the first sign of life: the filter is about to be unlocked."""
        self._begun_s, self._heard_s = now_s, None

    @property
    def is_heard(self) -> bool:
        """Whether somebody makes use of the check."""
        return self._heard_s is not None

    def end(self) -> None:
        """Wait for nothing any more: the filter is locked, or released."""
        self._begun_s = self._heard_s = None

    def hear(self, now_s: float) -> None:
        """Take a sign of life."""
        if self._begun_s is not None:
            self._heard_s = now_s

    def reason(self, now_s: float) -> str:
        """Return why the filter is to be locked again, '' for no reason."""
        if self._begun_s is None:
            return ''
        if self._heard_s is None:
            late = now_s - self._begun_s > _FIRST_S
            why = f'no preflight was heard within {_FIRST_S:g} s of supervisor/check'
        else:
            late = now_s - self._heard_s > _AWAY_S
            why = f'preflight has ended, or was not heard for {_AWAY_S:g} s'
        return f'{why}; call supervisor/check again' if late else ''
