"""One frame of the video: the camera's image, the paths in it, and a strip of verdicts beneath."""

from collections.abc import Sequence

import cv2
import numpy as np
from vla_contract.filter_status import Verdict
from vla_contract.values import Image, NS_PER_S, Vector
from vla_rollout.episodes.cycle import Cycle

CHUNK, SENT = (0xF2, 0x9A, 0x2E), (0x2E, 0x9B, 0xF2)
_INK, _PAPER = (0xE8, 0xEA, 0xED), (0x16, 0x1B, 0x22)
VERDICTS = {
    Verdict.PASS: (0x3F, 0xB9, 0x50),
    Verdict.CLAMP: (0xD2, 0xA6, 0x2B),
    Verdict.HOLD: (0xDB, 0x6D, 0x28),
    Verdict.STOP: (0xDA, 0x36, 0x33),
    Verdict.LATCHED: (0xA0, 0x1C, 0x1C),
}
# How much of a colour is left of what is still to come, in the strip.
_DIM = 3
DRAWN = (
    CHUNK, SENT, _INK, _PAPER, (255, 255, 255), *VERDICTS.values(),
    *((r // _DIM, g // _DIM, b // _DIM) for r, g, b in VERDICTS.values()),
)  # fmt: skip
"""Every colour that is drawn."""

# Sixteenths of a pixel, in which OpenCV draws smooth lines.
_SHIFT = 4
# Heights beneath an image that is as wide as this [px].
_WIDTH, _BAR, _ROW = 480, 10, 26


class FrameDrawing:
    """Draws frames of one size."""

    def __init__(self, cycles: Sequence[Cycle], width: int, height: int) -> None:
        """Prepare for an episode.

        Args:
            cycles: of the filter, in the order of their time, one at least.
            width: of the camera's image [px].
            height: of the camera's image [px].
        """
        self._scale = max(1.0, _WIDTH / width)
        self._size = (round(width * self._scale), round(height * self._scale))
        self._first_ns, self._last_ns = cycles[0].now_ns, cycles[-1].now_ns
        self._bar = self._verdict_bar(cycles)

    def draw(
        self, now_ns: int, image: Image, chunk: Sequence[Vector], sent: Sequence[Vector],
        cycle: Cycle,
    ) -> Image:  # fmt: skip
        """Return a frame, shape (H, W, 3) RGB, even in height and width.

        Args:
            now_ns: when the image was taken [ns].
            image: of the camera, shape (H, W, 3) RGB.
            chunk: where the policy wants each tool to go, each of shape (T, 2) [px of the image].
            sent: where the filter lets it go, likewise.
            cycle: the last one of the filter at that time.
        """
        interpolation = cv2.INTER_CUBIC if self._scale > 1.0 else cv2.INTER_AREA
        picture = np.ascontiguousarray(cv2.resize(image, self._size, interpolation=interpolation))
        for paths, colour, width in ((chunk, CHUNK, 5), (sent, SENT, 2)):
            for path in paths:
                self._line(picture, path, colour, width)
        for path in sent:
            self._dot(picture, path[:1])
        frame = np.vstack([picture, self._bar_at(now_ns), self._words(now_ns, cycle)])
        return np.ascontiguousarray(frame[: len(frame) // 2 * 2, : self._size[0] // 2 * 2])

    def _line(self, picture: Image, path: Vector, colour: tuple[int, ...], width: int) -> None:
        """Draw each unbroken part of a path."""
        known = np.isfinite(path).all(axis=1)
        gaps = np.flatnonzero(~known)
        for part in np.split(path, np.unique(np.r_[gaps, gaps + 1])):
            if len(part) > 1 and np.isfinite(part).all():
                points = self._fixed(part).reshape(-1, 1, 2)
                cv2.polylines(picture, [points], False, colour, width, cv2.LINE_AA, _SHIFT)

    def _dot(self, picture: Image, place: Vector) -> None:
        if len(place) and np.isfinite(place).all():
            x, y = map(int, self._fixed(place)[0])
            cv2.circle(picture, (x, y), 5 << _SHIFT, (255, 255, 255), -1, cv2.LINE_AA, _SHIFT)
            cv2.circle(picture, (x, y), 4 << _SHIFT, SENT, -1, cv2.LINE_AA, _SHIFT)

    def _fixed(self, pixels: Vector) -> np.ndarray[tuple[int, ...], np.dtype[np.int32]]:
        """Return pixels of the image as OpenCV's fixed-point numbers of the frame."""
        # The centre of the first pixel is at 0, also after the image was enlarged.
        at = (pixels + 0.5) * self._scale - 0.5
        largest = float(np.iinfo(np.int16).max)
        return np.rint(np.clip(at, -largest, largest) * (1 << _SHIFT)).astype(np.int32)

    def _verdict_bar(self, cycles: Sequence[Cycle]) -> Image:
        width = self._size[0]
        bar = np.full((_BAR, width, 3), _PAPER, np.uint8)
        ends = [cycle.now_ns for cycle in cycles[1:]] + [cycles[-1].now_ns]
        # The most severe of a pixel is what is seen.
        for cycle, end_ns in sorted(zip(cycles, ends, strict=True), key=lambda c: c[0].verdict):
            left, right = self._column(cycle.now_ns), self._column(end_ns)
            bar[:, left : max(right, left + 1)] = VERDICTS[cycle.verdict]
        return bar

    def _bar_at(self, now_ns: int) -> Image:
        bar, at = self._bar.copy(), self._column(now_ns)
        bar[:, at + 1 :] //= _DIM
        bar[:, max(0, at - 1) : at + 2] = 255
        return bar

    def _column(self, now_ns: int) -> int:
        share = (now_ns - self._first_ns) / max(1, self._last_ns - self._first_ns)
        return min(self._size[0] - 1, int(share * self._size[0]))

    def _words(self, now_ns: int, cycle: Cycle) -> Image:
        row = np.full((_ROW, self._size[0], 3), _PAPER, np.uint8)
        said = ': '.join(filter(None, (cycle.verdict.name.lower(), str(cycle.reason))))
        time_s = (now_ns - self._first_ns) / NS_PER_S
        self._write(row, f'{time_s:4.1f} s', 8, _INK)
        self._write(row, said, 74, VERDICTS[cycle.verdict])
        for name, colour, place in (('chunk', CHUNK, 132), ('sent', SENT, 58)):
            self._write(row, name, self._size[0] - place, colour)
        return row

    @staticmethod
    def _write(row: Image, text: str, left: int, colour: tuple[int, ...]) -> None:
        cv2.putText(
            row, text.encode('ascii', 'replace').decode(), (left, 18), cv2.FONT_HERSHEY_SIMPLEX,
            0.45, colour, 1, cv2.LINE_AA,
        )  # fmt: skip
