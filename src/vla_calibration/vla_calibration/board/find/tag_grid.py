"""Adds the tags of an AprilGrid that OpenCV misses, from where those around them are.

Where a tag is small, its corners flow together with the black squares that touch them, and OpenCV
sees no outline: 12 of 30 tags 36 px wide. Their corners are as sharp as the others.
"""

import cv2
import numpy as np
from numpy.typing import NDArray
from vla_calibration.board.boards import Board
from vla_calibration.board.find.refine import refined
from vla_contract.values import Image, Vector

# Tags nearby that say where a missing one is; two are the fewest.
_NEARBY, _FEWEST = 4, 2
# Shares of a tag's side: half the search window; how far a corner may be from where it is
# expected; where its four quarters are looked at, inside of border and square.
_WINDOW, _NEAR, _QUARTER = 0.12, 0.15, 0.1
# Black and white around a corner differ by this share of what they do at the corners found.
_CONTRAST = 0.5
# A corner further than this share of a side, and these pixels, from a straight grid is no corner.
_STRAIGHT, _STRAIGHT_PX = 0.05, 1.0


def completed(grey: Image, board: Board, tags: dict[int, Vector]) -> dict[int, Vector]:
    """Return the tags with those added whose corners are where they should be.

    Args:
        grey: shape (H, W).
        board: an AprilGrid.
        tags: corners of each tag found, shape (4, 2) [px].
    """
    whole = board.points().reshape(-1, 4, 3)[:, :, :2]
    known = dict(tags)
    needed = _CONTRAST * float(np.median([_contrast(grey, corners) for corners in tags.values()]))
    while True:
        found = {}
        for tag in set(range(len(whole))) - set(known):
            nearby = _around(board, tag, known)
            corners = _seen(grey, whole, tag, {t: known[t] for t in nearby}) if nearby else None
            if corners is not None and _contrast(grey, corners) >= needed:
                found[tag] = corners
        if not found:
            return known
        known |= found


def in_line(board: Board, points: NDArray[np.intp], corners: Vector) -> NDArray[np.bool_]:
    """Say which corners lie where their tag and the tags beside it have them, shape (n,).

    Where an outline flowed together with a square, a corner begins, and ends, pixels off.

    Args:
        board: an AprilGrid.
        points: index of each corner in `Board.points()`, shape (n,).
        corners: shape (n, 2) [px].
    """
    flat, tags = board.points()[points, :2], points // 4
    place = np.stack([tags % board.cols, tags // board.cols], axis=1)
    is_straight = np.zeros(len(points), dtype=bool)
    for tag in np.unique(tags):
        here = tags == tag
        beside = np.abs(place - place[here][0]).sum(axis=1) <= 1
        side = np.linalg.norm(np.ptp(corners[here], axis=0)) / np.sqrt(2.0)
        limit = max(_STRAIGHT * side, _STRAIGHT_PX)
        H = None
        if beside.sum() > here.sum():
            H, _ = cv2.findHomography(flat[beside], corners[beside], cv2.RANSAC, limit)
        if H is not None:
            expected = cv2.perspectiveTransform(flat[here][None], H)[0]
            is_straight[here] = np.linalg.norm(expected - corners[here], axis=1) <= limit
    return is_straight


def _around(board: Board, tag: int, known: dict[int, Vector]) -> list[int]:
    """Return the known tags nearest to a tag; none where it touches none of them."""
    distance = {
        other: max(abs(tag % board.cols - other % board.cols),
                   abs(tag // board.cols - other // board.cols))
        for other in known
    }  # fmt: skip
    nearest = sorted(known, key=lambda other: distance[other])[:_NEARBY]
    is_beside = bool(nearest) and distance[nearest[0]] == 1 and len(nearest) >= _FEWEST
    return nearest if is_beside else []


def _seen(grey: Image, whole: Vector, tag: int, nearby: dict[int, Vector]) -> Vector | None:
    """Return the corners of a tag, shape (4, 2) [px]; None where they are not as expected."""
    points = np.concatenate([whole[other] for other in nearby])
    H, _ = cv2.findHomography(points, np.concatenate(list(nearby.values())), 0)
    if H is None:
        return None
    expected = cv2.perspectiveTransform(whole[tag][None], H)[0]
    side = float(np.linalg.norm(expected - np.roll(expected, 1, axis=0), axis=1).min())
    margin = _QUARTER * side * 2.0
    last = np.array(grey.shape[::-1]) - 1.0
    if not ((expected >= margin) & (expected <= last - margin)).all():
        return None
    corners = refined(grey, expected, max(2, int(_WINDOW * side)))
    off = np.linalg.norm(corners - expected, axis=1).max()
    return corners if off <= max(_NEAR * side, 2.0) else None


def _contrast(grey: Image, corners: Vector) -> float:
    """Return how much darker tag and square are than the white between them, at the worst corner.

    A corner has black in two opposite quarters and white in the others.
    """
    before = _QUARTER * (np.roll(corners, 1, axis=0) - corners)
    after = _QUARTER * (np.roll(corners, -1, axis=0) - corners)
    black = [corners + before + after, corners - before - after]
    white = [corners + before - after, corners - before + after]
    last = np.array(grey.shape[::-1]) - 1
    levels = [
        grey[tuple(np.clip(np.round(place), 0, last).astype(int).T[::-1])].astype(np.float64)
        for place in (*black, *white)
    ]
    return float((np.minimum(*levels[2:]) - np.maximum(*levels[:2])).min())
