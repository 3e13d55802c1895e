"""Ctrl-C that is remembered: what it raises inside foreign code may come out as another error."""

from collections.abc import Iterator
from contextlib import contextmanager
import signal
import threading
from types import FrameType


class Interrupts:
    """Raises KeyboardInterrupt at SIGINT.

    Attributes:
        came: there was one. An extension module that is being imported turns it into an
            ImportError of its own.
    """

    def __init__(self) -> None:
        """Begin without one."""
        self.came = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Handle SIGINT."""
        self.came = True
        raise KeyboardInterrupt


@contextmanager
def remembered_interrupts() -> Iterator[Interrupts]:
    """Remember Ctrl-C; whoever has a handler of their own keeps it, and then nothing is."""
    before = signal.getsignal(signal.SIGINT)
    if isinstance(before, Interrupts):
        yield before
        return
    interrupts = Interrupts()
    is_ours = (
        before is signal.default_int_handler
        and threading.current_thread() is threading.main_thread()
    )
    if is_ours:
        signal.signal(signal.SIGINT, interrupts)
    try:
        yield interrupts
    finally:
        if is_ours and signal.getsignal(signal.SIGINT) is interrupts:
            signal.signal(signal.SIGINT, before)


def raise_if_interrupted() -> None:
    """Raise KeyboardInterrupt for a Ctrl-C that foreign code, such as an import, has swallowed.

    To be called before work that takes long.
    """
    handler = signal.getsignal(signal.SIGINT)
    if isinstance(handler, Interrupts) and handler.came:
        raise KeyboardInterrupt
