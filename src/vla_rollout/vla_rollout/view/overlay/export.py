"""Write a recorded episode as a video or GIF of one camera, with the paths of its tools in it."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
import os
from pathlib import Path

from vla_contract.deployment.cell import Camera, Cell
from vla_contract.errors import VlaError
from vla_contract.recordings.damage import Damage
from vla_contract.recordings.events import ImageEvent
from vla_contract.recordings.read_events import read_events
from vla_contract.values import Image, to_ns, Vector
from vla_rollout.view.chosen import Chosen
from vla_rollout.view.overlay.drawing import DRAWN, FrameDrawing
from vla_rollout.view.overlay.films import open_film
from vla_rollout.view.overlay.paths import SeenPaths
from vla_rollout.view.watched import Watched
from vla_sim_bridge.cameras.placed_camera import place_camera

_AHEAD_NS = to_ns(1.0)
"""How much of what was sent is drawn ahead of the arm."""


def export_overlay(
    output: Path, chosen: Chosen, watched: Watched, camera: str = '', namespace: str = ''
) -> None:
    """Write an .mp4 or .gif file, whole or not at all.

    Args:
        output: the file; one that is there is replaced.
        chosen: the episode.
        watched: what is in it.
        camera: its name; '' for the first of the cell.
        namespace: of the robot.

    Raises:
        VlaError: there is no such camera, it has no place, or the recording has no image of it or
            no cycle of the filter.
        OSError: the file cannot be written.
    """
    cell = chosen.deployment.cell
    seen = cell.camera(camera) if camera else _first(cell)
    if not watched.cycles:
        raise VlaError(f'{chosen.path}: found no cycle of the action filter to draw')
    episode = _Episode(watched, SeenPaths(cell, place_camera(cell, seen)))
    drawing = FrameDrawing(watched.cycles, seen.width, seen.height)
    output.parent.mkdir(parents=True, exist_ok=True)
    part = output.with_name(f'.{os.getpid()}.{output.name}')
    try:
        with open_film(part, seen.rate_hz, DRAWN) as film:
            count = 0
            for stamp_ns, image in _images(chosen.path, cell, seen, namespace):
                if episode.begins_ns <= stamp_ns <= episode.ends_ns:
                    film.write(stamp_ns, episode.frame(drawing, stamp_ns, image))
                    count += 1
        if not count:
            raise VlaError(
                f'{chosen.path}: found no image of camera {seen.name} while the action filter ran'
            )
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)


class _Episode:
    """What was planned and sent at a time of an episode."""

    def __init__(self, watched: Watched, paths: SeenPaths) -> None:
        self._paths, self._watched = paths, watched
        self._cycles_ns = [cycle.now_ns for cycle in watched.cycles]
        self._sent_ns = [command.stamp_ns for command in watched.commands]
        self._chunks_ns = [chunk.stamp_ns for chunk in watched.chunks]
        self.begins_ns, self.ends_ns = self._cycles_ns[0], self._cycles_ns[-1]

    def frame(self, drawing: FrameDrawing, now_ns: int, image: Image) -> Image:
        """Draw a frame: an image of a time, the chunk in use, and what is sent from there on."""
        cycle = self._watched.cycles[max(0, bisect_right(self._cycles_ns, now_ns) - 1)]
        now = cycle.joints.position
        first = bisect_left(self._sent_ns, now_ns)
        last = bisect_right(self._sent_ns, now_ns + _AHEAD_NS)
        sent = [command.command for command in self._watched.commands[first:last]]
        return drawing.draw(
            now_ns,
            image,
            self._paths.pixels(self._chunk(now_ns), now),
            # At rest nothing is sent: the arm is where it is.
            self._paths.pixels(sent or [now], now),
            cycle,
        )

    def _chunk(self, now_ns: int) -> list[Vector]:
        """Return the points of the newest chunk; none where it is over."""
        count = bisect_right(self._chunks_ns, now_ns)
        if not count:
            return []
        chunk = self._watched.chunks[count - 1]
        is_over = chunk.stamp_ns + len(chunk.positions) * chunk.period_ns < now_ns
        return [] if is_over else list(chunk.positions)


def _images(path: Path, cell: Cell, camera: Camera, namespace: str) -> Iterator[tuple[int, Image]]:
    """Yield the images of a camera with the times of their capture [ns]."""
    for each in read_events(path, cell, namespace, topics=(), on_damage=_said_already):
        image = each.payload
        if isinstance(image, ImageEvent) and image.camera == camera.name:
            yield image.stamp_ns, image.image


def _first(cell: Cell) -> Camera:
    if not cell.cameras:
        raise VlaError(f'cell {cell.name}: found no camera to draw into')
    return cell.cameras[0]


def _said_already(damage: Damage) -> None:
    """Say nothing: whoever read the joints was told."""
