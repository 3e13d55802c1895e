import sys

import numpy as np
import pytest
from vla_contract.deployment.cell import Camera
from vla_contract.values import to_ns
from vla_policy_server.serving.image_history import ImageHistory

PERIOD_NS = to_ns(0.1)
T0 = to_ns(7.0)


@pytest.fixture
def camera(deployment) -> Camera:
    return deployment.cell.cameras[0]


def seen(camera: Camera, times_s, steps: int) -> ImageHistory:
    """Return a history after images at times [s]; each holds its number."""
    history = ImageHistory(camera, PERIOD_NS, steps)
    for number, time_s in enumerate(times_s):
        history.add(T0 + to_ns(time_s), np.full((2, 2, 3), number % 256, np.uint8))
    return history


def numbers(history: ImageHistory, steps: int) -> list[int | None]:
    found = [history.before(step) for step in range(steps, 0, -1)]
    return [None if image is None else int(image[1][0, 0, 0]) for image in found]


def test_images_are_a_period_of_the_policy_apart(camera):
    history = seen(camera, [k / 30 for k in range(31)], 4)
    assert numbers(history, 4) == [18, 21, 24, 27]


def test_the_closest_image_counts_where_none_was_taken_then(camera):
    assert numbers(seen(camera, [0.0, 0.07, 0.13, 0.24], 1), 1) == [2]


def test_before_the_first_image_that_one_counts(camera):
    assert numbers(seen(camera, [0.0], 2), 2) == [0, 0]
    assert numbers(seen(camera, [0.0, 0.1], 2), 2) == [0, 0]
    assert numbers(seen(camera, [0.0, 0.1, 0.2], 2), 2) == [0, 1]


def test_after_clear_nothing_of_the_old_episode_counts(camera):
    history = seen(camera, [0.0, 0.1, 0.2], 2)
    history.clear()
    assert history.newest is None
    assert history.before(1) is None
    history.add(T0 + to_ns(0.3), np.full((2, 2, 3), 9, np.uint8))
    assert numbers(history, 2) == [9, 9]


def test_a_gap_is_no_history(camera):
    history = seen(camera, [0.0, 0.1, 0.8], 2)
    assert numbers(history, 2) == [None, None]


def test_one_missing_image_is_replaced_by_the_one_before(camera):
    assert numbers(seen(camera, [0.0, 0.1, 0.3, 0.4], 3), 3) == [1, 1, 2]


@pytest.mark.parametrize(('steps', 'most'), [(0, 0), (1, 14), (4, 32)])
def test_memory_is_bounded_at_any_rate(camera, steps, most):
    history = seen(camera, [k / 10_000 for k in range(5000)], steps)
    assert len(history._images) <= most


def test_a_policy_that_does_not_look_back_keeps_no_image_alive(camera):
    history = ImageHistory(camera, PERIOD_NS, 0)
    first = np.zeros((2, 2, 3), np.uint8)
    history.add(T0, first)
    history.add(T0 + 1, np.zeros((2, 2, 3), np.uint8))
    assert sys.getrefcount(first) == 2
