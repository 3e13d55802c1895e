"""Single keys of the terminal in which a command runs."""

import atexit
from collections.abc import Callable
import os
import select
import sys
import termios
import threading
import tty
from typing import Any


class TerminalKeys:
    """Reads single keys while it is entered, and gives the terminal back as it was.

    Without a terminal, or in the background of one, it does nothing: a process in the background
    that changes the terminal is stopped by the system. Ctrl-C keeps its meaning.
    """

    def __init__(self, on_key: Callable[[str], None]) -> None:
        """Prepare; `on_key` is called with each character, in a thread of its own."""
        self._on_key = on_key
        self._saved: list[Any] | None = None

    @property
    def is_active(self) -> bool:
        """Whether keys are read."""
        return self._saved is not None

    def __enter__(self) -> 'TerminalKeys':
        """Take the terminal."""
        if not _is_ours(sys.stdin):
            return self
        self._file = sys.stdin.fileno()
        self._saved = termios.tcgetattr(self._file)
        # Also for exits that unwind no stack, such as sys.exit in another thread's callback.
        atexit.register(self._restore)
        tty.setcbreak(self._file)
        self._ends, self._end = os.pipe()
        self._thread = threading.Thread(target=self._read, name='keys', daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Give the terminal back."""
        if not self.is_active:
            return
        os.write(self._end, b'.')
        self._thread.join()
        for end in (self._ends, self._end):
            os.close(end)
        self._restore()
        atexit.unregister(self._restore)

    def _restore(self) -> None:
        saved, self._saved = self._saved, None
        # A shell that put us in the background, or closed, has the terminal back already.
        if saved is not None and _is_ours(sys.stdin):
            termios.tcsetattr(self._file, termios.TCSADRAIN, saved)

    def _read(self) -> None:
        while True:
            ready, _, _ = select.select([self._file, self._ends], [], [])
            if self._ends in ready:
                return
            text = os.read(self._file, 64)
            if not text:  # the terminal is gone
                return
            for key in text.decode(errors='replace'):
                self._on_key(key)


def _is_ours(stream: Any) -> bool:
    """Return whether a stream is a terminal in whose foreground we are."""
    try:
        return stream.isatty() and os.tcgetpgrp(stream.fileno()) == os.getpgrp()
    except (AttributeError, OSError, ValueError):
        return False
