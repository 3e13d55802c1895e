"""A thread that works on the newest frame; older ones are dropped rather than queued."""

from collections.abc import Callable
import threading
from typing import Any

from vla_contract.newest_slot import NewestSlot


class NewestFrame:
    """Hands frames to one function in a thread of its own."""

    def __init__(self, work: Callable[[Any], None], on_error: Callable[[str], None]) -> None:
        """Start the thread.

        Args:
            work: called with each frame that is not overtaken by a newer one.
            on_error: called with a sentence when `work` raises.
        """
        self._work = work
        self._on_error = on_error
        self._slot: NewestSlot[Any] = NewestSlot()
        self._thread = threading.Thread(target=self._run, name='frames', daemon=True)
        self._thread.start()

    def offer(self, frame: Any) -> None:
        """Ask for a frame to be worked on; replaces one that still waits."""
        self._slot.put(frame)

    def close(self) -> None:
        """End the thread after the frame it works on."""
        self._slot.close()
        self._thread.join()

    def _run(self) -> None:
        while (frame := self._slot.take()) is not None:
            try:
                self._work(frame)
            except Exception as error:  # noqa: BLE001 - a thread's exception would be lost
                self._on_error(f'{type(error).__name__}: {error}')
                return
