"""Episodes of an arm that reaches, grasps and lifts, seen by a camera, made in milliseconds."""

from dataclasses import replace

import numpy as np
from vla_contract.deployment.deployment import load_deployment
from vla_lerobot.dataset_checks.dataset import judge
from vla_lerobot.dataset_checks.episodes import Episode, EpisodeLimits, EpisodeRows
from vla_lerobot.dataset_checks.images.signatures import signature, view_of

CAMERA = 'observation.images.top'
LAG = 2
DEPLOYMENT = load_deployment()
CELL = DEPLOYMENT.cell
SIZE = 48
# Where three parts of the arm are in the image, and how far each joint moves them [px per rad].
_PLACES = np.array([[20.0, 15.0], [27.0, 25.0], [15.0, 31.0]])
_MOVES = np.random.default_rng(0).normal(0.0, 8.0, (3, 2, 8))
_MOVES[..., 7] = [[2.0, 2.0], [-6.0, 4.0], [5.0, -6.0]]
_SPREAD = np.array([0.3, 0.25, 0.2, 0.3, 0.2, 0.3, 0.4])


def motion(seed, length=40):
    """Return state and action: from home over the object to where it is lifted, shape (T, 8)."""
    rng = np.random.default_rng(seed)
    arm = len(CELL.arm)
    home = CELL.home[:arm] + rng.normal(0.0, 0.02, arm)
    above = home + _SPREAD * np.array([1, 1, 0.5, -1, 0.5, 1, 1]) * rng.uniform(0.2, 1.0, arm)
    down = above + np.array([0, 0.25, 0, -0.2, 0, 0.2, 0]) * rng.uniform(0.8, 1.2)
    via = np.array([home, above, down, down, above])
    times = np.array([0.0, 0.4, 0.6, 0.75, 1.0]) * (length + LAG)
    time = np.arange(length + LAG)
    path = np.stack([np.interp(time, times, joint) for joint in via.T], axis=1)
    path += 0.01 * np.cumsum(rng.normal(0.0, 0.2, path.shape), axis=0)
    kernel = np.ones(3) / 3.0
    path = np.stack([np.convolve(np.pad(j, 1, 'edge'), kernel, 'valid') for j in path.T], axis=1)
    closing = 0.5 * np.clip((time - times[2]) / (0.1 * length), 0.0, 1.0)
    values = np.column_stack([path, closing])
    return values[:length], values[LAG:]


def pictures(state, seed=0, background=0):
    """Return what the camera sees, shape (T, SIZE, SIZE, 3) uint8."""
    rows, columns = np.mgrid[0:SIZE, 0:SIZE]
    pattern = np.random.default_rng(background).uniform(0.0, 2 * np.pi, 4)
    table = np.stack(
        [
            base + 0.06 * np.sin(rows / 4.5 + pattern[0]) * np.cos(columns / 5.5 + pattern[k])
            for k, base in enumerate((0.62, 0.52, 0.38))
        ],
        axis=-1,
    )
    place = np.random.default_rng(seed).uniform(30.0, 37.0, 2)
    thing = np.hypot(rows - place[0], columns - place[1]) < 3.5
    table[thing] = (0.8, 0.1, 0.1)
    images = np.repeat(table[None].astype(np.float32), len(state), axis=0)
    away = state - CELL.home
    for part, (centre, moves) in enumerate(zip(_PLACES, _MOVES, strict=True)):
        where = (centre + away @ moves.T).astype(np.float32)
        distance = np.hypot(rows - where[:, 0, None, None], columns - where[:, 1, None, None])
        cover = np.clip(4.5 - distance, 0.0, 1.0)[..., None]
        images = images * (1.0 - cover) + cover * (0.9 - 0.25 * part)
    return (images * 255.0).round().astype(np.uint8)


def rows_of(state, action, median_length=None):
    """Return the numbers of an episode."""
    stamps = np.arange(len(state)) / DEPLOYMENT.policy.rate_hz
    return EpisodeRows(state, action, stamps, len(state), median_length or float(len(state)))


def seen(images, camera=CAMERA, is_video=False):
    """Return the views of an episode with one camera."""
    return {camera: view_of(camera, [signature(image) for image in images], is_video)}


def episode(number, length=40, images=True, **changes):
    """Return a good episode."""
    state, action = motion(number + 1, length)
    views = seen(pictures(state, seed=number + 1)) if images else {}
    return replace(Episode(number, rows_of(state, action, 40.0), views), **changes)


def good_set(count=6, images=True):
    """Return good episodes of different lengths."""
    return [episode(number, 36 + 2 * (number % 5), images) for number in range(count)]


def with_images(entry, images, is_video=False):
    """Return an episode with other images."""
    return replace(entry, views=seen(images, is_video=is_video))


def with_numbers(entry, state=None, action=None):
    """Return an episode with other numbers."""
    rows = entry.rows
    state = rows.state if state is None else state
    action = rows.action if action is None else action
    return replace(entry, rows=replace(rows, state=state, action=action))


def faults(episodes):
    """Return what the check says, by episode; good ones are left out."""
    verdicts = judge(episodes, DEPLOYMENT, EpisodeLimits())
    return {verdict.episode: verdict.faults for verdict in verdicts if verdict.faults}
