"""What the signals that end a process do to a node: it finishes what it does, then rests."""

from collections.abc import Iterator
from contextlib import contextmanager
import signal
from types import FrameType

# Ctrl-C, `kill` and launch, a terminal or ssh session that closes, Ctrl-\.
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


class Ending:
    """Remembers that a signal came; only within `interrupting` does it also break off.

    An exception in the middle of a callback would leave a plan of motion half changed, and one in
    the middle of the braking would end it. So a callback that moves an arm is never interrupted,
    and a second signal changes nothing.
    """

    def __init__(self) -> None:
        """Nothing came, and no signal is handled yet."""
        self.came = False
        self._interrupts = False

    def listen(self) -> None:
        """Handle the signals from now on; a hang-up that `nohup` has ignored stays ignored."""
        self.came = False
        for number in _SIGNALS:
            is_ignored = signal.getsignal(number) == signal.SIG_IGN
            if number != signal.SIGHUP or not is_ignored:
                signal.signal(number, self)

    def ignore(self) -> None:
        """Let no signal but SIGKILL do anything from now on."""
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)

    @contextmanager
    def interrupting(self) -> Iterator[None]:
        """Raise KeyboardInterrupt inside for the first signal: loading a policy takes minutes."""
        self._interrupts = True
        try:
            if self.came:
                raise KeyboardInterrupt
            yield
        finally:
            self._interrupts = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Take a signal."""
        is_first, self.came = not self.came, True
        if is_first and self._interrupts:
            raise KeyboardInterrupt


ENDING = Ending()
"""Of this process: signal handlers are the process's, not a node's."""
