"""Ends a command that moves an arm: by Ctrl-C, a closed terminal or a service manager, once."""

from collections.abc import Callable, Sequence
import signal
from types import FrameType

from vla_contract.cli import interrupts

_ENDS: Sequence[signal.Signals] = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Interruption:
    """Raises KeyboardInterrupt at the first signal and ignores the others.

    What follows the first one is bounded in time, and stops an arm.
    """

    def __init__(self) -> None:
        self.came = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if not self.came:
            self.came = True
            raise KeyboardInterrupt


def once_interrupted[T](body: Callable[[], T], ends: Sequence[signal.Signals] = _ENDS) -> T:
    """Run a body that the first signal interrupts; call it from the main thread.

    Args:
        body: what to run.
        ends: the signals.

    Raises:
        KeyboardInterrupt: a signal came, also one that foreign code has swallowed: then at the
            body's end, or where it calls `raise_if_interrupted`.
    """
    interrupts.raise_if_interrupted()
    interruption = _Interruption()
    for number in ends:
        signal.signal(number, interruption)
    try:
        result = body()
    except (RuntimeError, SystemError) as error:
        # What a signal raises while rclpy converts a message, comes out of it as one of these.
        if interruption.came:
            raise KeyboardInterrupt from error
        raise
    if interruption.came:
        raise KeyboardInterrupt
    return result


def raise_if_interrupted() -> None:
    """Raise KeyboardInterrupt in the body of `once_interrupted` for a signal that was swallowed.

    An import or a destructor drops what is raised inside it, and the next signal is ignored. To
    be called where the body goes on to the next part of its work.
    """
    handler = signal.getsignal(signal.SIGINT)
    if isinstance(handler, _Interruption) and handler.came:
        raise KeyboardInterrupt
