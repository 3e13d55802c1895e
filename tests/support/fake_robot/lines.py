"""What a controller said, in bounded memory."""

_KEPT = 1000


class Lines(list[str]):
    """The newest lines, and how many there were.

    A stream of refused messages says a line each: 360 000 an hour.
    """

    def __init__(self) -> None:
        super().__init__()
        self.total = 0

    def append(self, line: str) -> None:
        """Add a line; the oldest goes when there are too many."""
        self.total += 1
        super().append(line)
        del self[:-_KEPT]
