"""Wait for a condition with a deadline, instead of sleeping."""

from collections.abc import Callable
import threading
import time


def wait_for(condition: Callable[[], object], timeout_s: float, what: str) -> None:
    """Wait until a condition is true; fail with `what` when it takes too long."""
    deadline = time.monotonic() + timeout_s
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, f'waited {timeout_s:g} s for {what}'
        pause.wait(0.01)
