"""Files of moving pictures that browsers and README pages play: MP4 and GIF."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TYPE_CHECKING

from vla_contract.values import Image
from vla_rollout.episodes.video import VideoWriter

if TYPE_CHECKING:
    from PIL import Image as Pillow

Colour = tuple[int, int, int]

MP4, GIF = '.mp4', '.gif'
"""The endings that are known."""

_COLOURS = 256
# Browsers play a GIF's shorter delays as if they were ten times as long.
_SHORTEST_MS = 20
_LAST_MS = 1500


class Film(Protocol):
    """Takes frames in the order of their time."""

    def write(self, stamp_ns: int, frame: Image) -> None:
        """Append a frame of a time [ns], shape (H, W, 3) RGB, all of one size."""


@contextmanager
def open_film(path: Path, rate_hz: float, drawn: Sequence[Colour] = ()) -> Iterator[Film]:
    """Give a film to write into; the file is complete when the block ends.

    Args:
        path: ends in .mp4 or .gif.
        rate_hz: frames per second of an MP4; a GIF keeps the time between frames.
        drawn: colours that a GIF shows as they are, each red, green and blue.

    Raises:
        OSError: the file cannot be written.
    """
    if path.suffix == GIF:
        film = _Gif(drawn)
        yield film
        film.save(path)
        return
    with VideoWriter(path, rate_hz) as video:
        yield _Mp4(video)


class _Mp4:
    def __init__(self, video: VideoWriter) -> None:
        self._video = video

    def write(self, stamp_ns: int, frame: Image) -> None:
        self._video.write(frame)


class _Gif:
    """Keeps frames of 256 colours and writes them at the end, over and over.

    One palette serves all, since colours of its own in every frame would flicker: those of the
    first frame, and those that are drawn into it later.
    """

    def __init__(self, drawn: Sequence[Colour]) -> None:
        # Of matplotlib's requirements; HPND.
        from PIL import Image

        self._pillow, self._drawn = Image, drawn
        self._palette: Pillow.Image | None = None
        self._frames: list[Pillow.Image] = []
        self._stamps_ns: list[int] = []

    def write(self, stamp_ns: int, frame: Image) -> None:
        picture = self._pillow.fromarray(frame)
        if self._palette is None:
            self._palette = self._palette_of(picture)
        dither = self._pillow.Dither.NONE
        self._frames.append(picture.quantize(palette=self._palette, dither=dither))
        self._stamps_ns.append(stamp_ns)

    def _palette_of(self, picture: 'Pillow.Image') -> 'Pillow.Image':
        seen = picture.quantize(_COLOURS - len(self._drawn)).getpalette() or []
        own = [value for colour in self._drawn for value in colour]
        palette = self._pillow.new('P', (1, 1))
        palette.putpalette(own + seen[: 3 * _COLOURS - len(own)])
        return palette

    def save(self, path: Path) -> None:
        if not self._frames:
            return
        pairs = zip(self._stamps_ns, self._stamps_ns[1:], strict=False)
        delays = [max(_SHORTEST_MS, round((b - a) / 1e7) * 10) for a, b in pairs]
        self._frames[0].save(
            path, save_all=True, append_images=self._frames[1:], loop=0,
            duration=[*delays, _LAST_MS], optimize=False,
        )  # fmt: skip
