"""Reads a set of images and finds the board in each; says what is wrong with which.

One file that is unreadable, blank or a copy of another is set aside with a sentence; what spoils
the whole set (no files, different sizes, no board anywhere) is an error.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
import hashlib
import os
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from vla_calibration.board.boards import Board
from vla_calibration.board.detection import detect, Detection
from vla_calibration.lens.coverage import COLUMNS, ROWS
from vla_calibration.lens.grey_image import is_drawn_over, read_grey
from vla_calibration.lens.image_circle import lit_cells, thumbnail
from vla_contract.cli.progress import watched
from vla_contract.errors import ResourceNotFoundError, VlaError
from vla_contract.values import Image

SUFFIXES = ('.jpg', '.jpeg', '.png', '.bmp', '.tif', '.tiff', '.pgm', '.ppm', '.webp')
# Images in which another board is looked for when the one asked for is in none.
_TRIED = 3
# Standard deviation [grey levels] below which nothing but noise is in an image.
_BLANK = 3.0


class ImageSetError(VlaError):
    """A set of images cannot be used."""


@dataclass(frozen=True)
class BoardImage:
    """One file and what was found in it.

    Attributes:
        path: of the file.
        sha256: of the file's bytes.
        size: width and height [px]; zero where it cannot be read.
        detection: the board's points; None where it is not seen.
        thumbnail: how bright it is where, see `image_circle`; None where it cannot be read.
        problem: why the image is not used, one sentence; empty where it is.
    """

    path: Path
    sha256: str
    size: tuple[int, int] = (0, 0)
    detection: Detection | None = None
    thumbnail: Image | None = None
    problem: str = ''


@dataclass(frozen=True)
class ImageSet:
    """The images of one camera.

    Attributes:
        size: width and height of every image [px].
        used: those in which the board was found.
        skipped: the others, each with its problem.
    """

    size: tuple[int, int]
    used: tuple[BoardImage, ...]
    skipped: tuple[BoardImage, ...]

    @property
    def detections(self) -> list[Detection]:
        """The points in each used image."""
        return [image.detection for image in self.used if image.detection is not None]

    @property
    def lit(self) -> NDArray[np.bool_]:
        """Cells of the image that the lens lights, shape (ROWS, COLUMNS) of `coverage`."""
        seen = [i.thumbnail for i in (*self.used, *self.skipped) if i.thumbnail is not None]
        return lit_cells(seen, self.size) if seen else np.ones((ROWS, COLUMNS), dtype=bool)


def find_images(places: Iterable[Path | str], pattern: str = '*') -> list[Path]:
    """Return the image files among files, and in folders those whose name fits a pattern.

    Raises:
        ResourceNotFoundError: a place does not exist.
        ImageSetError: no file is an image.
    """
    found: dict[Path, None] = {}
    folders_and_files = [Path(place).expanduser() for place in places]
    for place in folders_and_files:
        if place.is_dir():
            inside = sorted(p for p in place.glob(pattern) if p.is_file())
            found.update(dict.fromkeys(p for p in inside if p.suffix.lower() in SUFFIXES))
        elif place.is_file():
            found[place] = None
        else:
            raise ResourceNotFoundError('images', place, 'give a folder or image files')
    if not found:
        where = ', '.join(map(str, folders_and_files))
        raise ImageSetError(
            f"found no image in {where} that fits '{pattern}'; allowed: {' '.join(SUFFIXES)}"
        )
    return list(found)


def read_image_set(
    paths: list[Path],
    board: Board,
    subpixel_px: int | None = None,
    progress: bool = False,
    say: Callable[[str], None] | None = None,
) -> ImageSet:
    """Read images and find the board, on all cores.

    Threads, not processes: OpenCV lets go of Python's lock, and nothing is copied.

    Args:
        paths: the files.
        board: what to look for.
        subpixel_px: see `detect`.
        progress: say how far it has come.
        say: told why an image is not used, before anything is raised.

    Raises:
        ImageSetError: no image can be read, sizes differ, or the board is nowhere.
    """
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        results = pool.map(lambda path: _look(path, board, subpixel_px), paths)
        shown = watched(results, 'images', 'finding boards', len(paths), is_shown=progress)
        images = _without_copies(list(shown))
    for image in images:
        if say and image.problem:
            say(image.problem)
    readable = [image for image in images if image.size != (0, 0)]
    if not readable:
        raise ImageSetError(f'none of {len(images)} images can be used: {images[0].problem}')
    size = _common_size(readable)
    used = tuple(image for image in images if not image.problem)
    if not used:
        raise ImageSetError(_nowhere(readable, board))
    return ImageSet(size, used, tuple(image for image in images if image.problem))


def _look(path: Path, board: Board, subpixel_px: int | None) -> BoardImage:
    try:
        data = path.read_bytes()
    except OSError as error:
        return BoardImage(path, '', problem=f'{path.name} cannot be read: {error.strerror}')
    image = BoardImage(path, hashlib.sha256(data).hexdigest())
    grey = read_grey(data)
    if grey is None:
        return replace(image, problem=f'{path.name} is no image, or is cut short')
    image = replace(image, size=(grey.shape[1], grey.shape[0]), thumbnail=thumbnail(grey))
    if float(cv2.meanStdDev(grey)[1].item()) < _BLANK:
        return replace(image, problem=f'{path.name} is blank (all of one grey)')
    detection = detect(grey, board, subpixel_px)
    if detection is None:
        return replace(image, problem=_unseen(path, board, data))
    return replace(image, detection=detection)


def _unseen(path: Path, board: Board, data: bytes) -> str:
    """Say that a board is not seen, and why where the image tells."""
    problem = f'{path.name} shows no whole {board.cols}x{board.rows} {board.kind}'
    if is_drawn_over(data):
        problem += '; lines of pure colour are drawn into it: give the image as it was taken'
    return problem


def _without_copies(images: list[BoardImage]) -> list[BoardImage]:
    """Set aside files with the same bytes: a copy would count a view twice."""
    first: dict[str, BoardImage] = {}
    result = []
    for image in images:
        original = first.setdefault(image.sha256, image) if image.sha256 else image
        if original is not image and not image.problem:
            problem = f'{image.path.name} is a copy of {original.path.name}'
            image = replace(image, detection=None, problem=problem)
        result.append(image)
    return result


def _common_size(images: list[BoardImage]) -> tuple[int, int]:
    by_size: dict[tuple[int, int], list[str]] = {}
    for image in images:
        by_size.setdefault(image.size, []).append(image.path.name)
    if len(by_size) > 1:
        groups = sorted(by_size.items(), key=lambda item: -len(item[1]))
        text = '; '.join(
            f'{size[0]}x{size[1]}: {len(names)} (e.g. {names[0]})' for size, names in groups
        )
        raise ImageSetError(
            f'images have different sizes: {text}; allowed: one size, as intrinsics belong to '
            'one resolution'
        )
    return images[0].size


def _nowhere(readable: list[BoardImage], board: Board) -> str:
    message = f'the {board.cols}x{board.rows} {board.kind} is in none of {len(readable)} images'
    for image in readable[:_TRIED]:
        grey = read_grey(image.path.read_bytes())
        for other, text in _mistaken(board):
            if grey is not None and detect(grey, other) is not None:
                return f'{message}; {image.path.name} shows one of {text}'
    if board.kind in ('chessboard', 'chessboard_sb'):
        message += '; count inner corners, not squares'
    return message


def _mistaken(board: Board) -> list[tuple[Board, str]]:
    """Return the boards one means when one mistypes this one, each with its name."""
    if board.kind == 'charuco':
        turned = replace(board, cols=board.rows, rows=board.cols)
        others = [turned, replace(board, legacy=True), replace(turned, legacy=True)]
        return [(b, f'{b.cols}x{b.rows}' + ' with --legacy' * b.legacy) for b in others]
    if board.kind == 'aprilgrid':
        return [(replace(board, cols=board.rows, rows=board.cols), f'{board.rows}x{board.cols}')]
    sizes = [(board.cols + by, board.rows + by) for by in (-1, 1)]
    return [(replace(board, cols=c, rows=r), f'{c}x{r}') for c, r in sizes if min(c, r) >= 3]
