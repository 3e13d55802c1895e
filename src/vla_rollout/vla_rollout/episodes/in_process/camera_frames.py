"""Camera frames of a simulation on their way to the policy."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from vla_contract.values import Image, to_ns, Vector
from vla_policy_server.serving.observation_buffer import ObservationBuffer
from vla_rollout.episodes.cycle import ImageObserver
from vla_sim_bridge.cameras.renderer import CameraRenderer
from vla_sim_bridge.randomization.appearance import Appearance
from vla_sim_bridge.scene.world import World

FrameHook = Callable[[dict[str, Image]], None]


class Viewer(Protocol):
    """Who looks at the frames, such as a `PolicySession`."""

    buffer: ObservationBuffer

    def wants_images(self, now_ns: int) -> bool:
        """Whether an image that is delivered now may be looked at."""


@dataclass
class _Frame:
    """What the cameras saw, drawn when somebody looks."""

    due_ns: int
    stamp_ns: int
    qpos: Vector
    appearance: Appearance
    images: dict[str, Image] = field(default_factory=dict)


class CameraFrames:
    """Captures at the rate of the cameras, and delivers after the latency of the episode.

    Only frames that a policy infers on, or a video shows, are drawn: all of them would take most
    of the time of an episode. What is drawn is the state of the capture, not of the delivery.
    """

    def __init__(
        self,
        world: World,
        viewer: Viewer,
        needs_images: bool,
        is_blank: bool,
        observers: Sequence[ImageObserver] = (),
    ) -> None:
        """Prepare; a renderer is made for the first frame that is drawn.

        Args:
            world: whose cameras.
            viewer: takes them.
            needs_images: whether the policy looks at them.
            is_blank: show it black images instead.
            observers: take what is shown to it.
        """
        self._world, self._viewer = world, viewer
        self._needs_images, self._is_blank = needs_images, is_blank
        self._observers = tuple(observers)
        self._period_ns = to_ns(1.0 / max(camera.rate_hz for camera in world.cell.cameras))
        self._renderer: CameraRenderer | None = None
        self.restart(None)

    def restart(self, on_frame: FrameHook | None) -> None:
        """Begin an episode; the hook is called with the images of every frame, for a video."""
        self._on_frame = on_frame
        self._next_ns = self._world.time_ns
        self._waiting: deque[_Frame] = deque()

    def capture(self, now_ns: int) -> None:
        """Take a frame when one is due."""
        if now_ns < self._next_ns:
            return
        self._next_ns += self._period_ns
        world = self._world
        for name, values in world.extras().items():
            self._viewer.buffer.add_extra(name, now_ns, values)
        looks = world.appearance
        due_ns = now_ns + looks.vision_latency_ns(now_ns)
        frame = _Frame(due_ns, now_ns, world.data.qpos.copy(), looks)
        self._waiting.append(frame)
        if self._on_frame is not None:
            self._draw(frame)
            self._on_frame(frame.images)

    def deliver(self, now_ns: int) -> bool:
        """Hand over frames whose latency is over, stamped as captured; return whether any was."""
        frame = None
        while self._waiting and self._waiting[0].due_ns <= now_ns:
            frame = self._waiting.popleft()
        if frame is None:
            return False
        if self._needs_images and self._viewer.wants_images(now_ns):
            self._draw(frame)
            for name, image in frame.images.items():
                shown = np.zeros_like(image) if self._is_blank else image
                self._viewer.buffer.add_image(name, frame.stamp_ns, shown)
                for observer in self._observers:
                    observer.see_frame(name, frame.stamp_ns, shown)
        return True

    def _draw(self, frame: _Frame) -> None:
        if not frame.images:
            self._renderer = self._renderer or CameraRenderer(self._world)
            frame.images = self._renderer.render(frame.qpos, frame.appearance, frame.stamp_ns)
