"""Renders in its own thread: newest state wins, frames are dropped rather than physics slowed."""

from collections.abc import Callable
import threading

from numpy import float64
from numpy.typing import NDArray
from vla_contract.newest_slot import NewestSlot
from vla_contract.values import Image
from vla_sim_bridge.cameras.renderer import CameraRenderer
from vla_sim_bridge.randomization.appearance import Appearance
from vla_sim_bridge.scene.world import World

State = tuple[int, NDArray[float64], Appearance]
Deliver = Callable[[int, Appearance, dict[str, Image]], None]


class RenderThread:
    """Takes states and delivers images, with at most one state waiting."""

    def __init__(self, world: World, deliver: Deliver, on_error: Callable[[str], None]) -> None:
        """Start the thread and wait until its OpenGL context stands.

        Args:
            world: gives model and cameras; its state is never touched.
            deliver: called in the thread with capture time [ns], looks of the episode, and images.
            on_error: called in the thread when rendering fails later.

        Raises:
            SimError: no OpenGL context can be made.
        """
        self._world = world
        self._deliver = deliver
        self._on_error = on_error
        self._slot: NewestSlot[State] = NewestSlot()
        self._ready = threading.Event()
        self._error: Exception | None = None
        self.gl_renderer = ''
        self.frames = 0
        self._thread = threading.Thread(target=self._run, name='render', daemon=True)
        self._thread.start()
        self._ready.wait()
        if self._error is not None:
            raise self._error

    def offer(self, time_ns: int, qpos: NDArray[float64], appearance: Appearance) -> None:
        """Ask for images of a state in an episode's looks; replaces one that still waits."""
        self._slot.put((time_ns, qpos, appearance))

    @property
    def dropped(self) -> int:
        """How many states were replaced before they were rendered."""
        return self._slot.dropped

    def close(self) -> None:
        """End the thread and free the context."""
        self._slot.close()
        self._thread.join()

    def _run(self) -> None:
        try:
            renderer = CameraRenderer(self._world)
            self.gl_renderer = renderer.gl_renderer
        except Exception as error:  # noqa: BLE001 - raised where the thread was started
            self._error = error
            return
        finally:
            self._ready.set()
        try:
            while (state := self._slot.take()) is not None:
                time_ns, qpos, appearance = state
                self._deliver(time_ns, appearance, renderer.render(qpos, appearance, time_ns))
                self.frames += 1
        except BaseException as error:  # noqa: BLE001 - reported to the owner, who ends the process
            self._on_error(f'rendering failed: {type(error).__name__}: {error}')
        finally:
            renderer.close()
