"""A camera of LeRobot, read in a thread of its own."""

from collections.abc import Callable
import threading
import time
from typing import Any

import numpy as np
from vla_contract.values import Image
from vla_lerobot.drivers.errors import DriverError
from vla_lerobot.drivers.robot_class import one_line

# Four periods of the slowest usual camera, 15 Hz.
_TIMEOUT_MS = 300.0
_RETRY_S = 0.5


class CameraThread:
    """Hands on every frame with the time at which LeRobot got it.

    Attributes:
        name: of the camera.
        fault: why it gave no frame last time, '' when it did.
        frames: handed on.
    """

    def __init__(
        self,
        name: str,
        camera: Any,
        clock_ns: Callable[[], int],
        on_frame: Callable[[str, int, Image], None],
    ) -> None:
        """Connect the camera and start.

        Args:
            name: of the camera.
            camera: LeRobot's, with RGB frames.
            clock_ns: of the stamps [ns].
            on_frame: takes name, stamp [ns] and frame, shape (H, W, 3).

        Raises:
            DriverError: it does not open.
        """
        self.name, self.fault, self.frames = name, '', 0
        self._camera, self._clock_ns, self._on_frame = camera, clock_ns, on_frame
        try:
            camera.connect()
        except (OSError, RuntimeError, ValueError) as error:
            raise DriverError(f'camera {name}: {one_line(error)}') from error
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f'camera {name}', daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread and let go of the camera."""
        self._ending.set()
        self._thread.join()
        if self._camera.is_connected:
            self._camera.disconnect()

    def _run(self) -> None:
        while not self._ending.is_set():
            try:
                frame = self._camera.async_read(timeout_ms=_TIMEOUT_MS)
            except Exception as error:  # noqa: BLE001 - cameras of others; joints go on
                self.fault = one_line(error)
                self._ending.wait(_RETRY_S)
                continue
            now_ns = self._clock_ns()
            taken_s = getattr(self._camera, 'latest_timestamp', None)
            # LeRobot stamps frames by the counter of the process.
            age_s = max(time.perf_counter() - taken_s, 0.0) if taken_s else 0.0
            self._on_frame(self.name, now_ns - round(age_s * 1e9), np.asarray(frame, np.uint8))
            self.fault, self.frames = '', self.frames + 1
