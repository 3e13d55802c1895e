"""A policy that is wrong in a known way is named by what undoes it; a sound one is not named."""

from pathlib import Path

import numpy as np
import pytest
from vla_contract.check import Status
from vla_contract.values import ActionChunk, Observation, to_ns
from vla_policy_server.self_test.answered_frame import AnsweredFrame
from vla_policy_server.self_test.near_misses import nothing_fits_better
from vla_policy_server.self_test.subject import Subject

STEPS = 6
LATE, EARLY = 'actions one frame later', 'actions one frame earlier'


class Painter:
    """Answers with what the image says, red, green, blue and left from right, with some noise."""

    needs_images = True
    needs_extras = ()

    def __init__(self, cell, wrong):
        self._cell, self._wrong = cell, wrong
        self._rng = np.random.default_rng(1)

    def infer(self, observation):
        image = observation.images['top'].astype(float) / 255.0
        told = np.array([image[..., 0].mean(), image[..., 2].mean(), image[:, :4].mean(),
                         image[:4].mean()])  # fmt: skip
        paths = path_of(self._cell, told, observation.state, STEPS + 4)
        paths = paths + self._rng.normal(0.0, 0.004, paths.shape)
        positions = self._wrong(observation.state, paths)
        return ActionChunk(observation.stamp_ns, to_ns(0.1), positions)

    def reset(self):
        pass


def path_of(cell, told, state, steps):
    """Return where the joints are to go, shape (steps, D)."""
    speeds = np.zeros(len(state))
    speeds[:4] = 0.1 * (told - 0.5)
    path = state + np.cumsum(np.outer(1.0 + 0.2 * np.arange(steps), speeds), axis=0)
    grip = list(cell.grippers)
    path[:, grip] = np.where(told[0] > 0.5, 0.0, 0.8)
    return path


def image_of(rng):
    image = np.zeros((8, 8, 3))
    image[...] = rng.uniform(0.2, 0.8, 3)
    image[:, :4] *= rng.uniform(0.4, 1.0)
    image[:4] *= rng.uniform(0.4, 1.0)
    return (image * 255).astype(np.uint8)


@pytest.fixture
def judged(deployment):
    """Return a function that judges a policy with a mistake on recorded frames."""
    cell = deployment.cell

    def judge(wrong=lambda state, path: path, view=lambda image: image, seed=0, count=60):
        rng, frames = np.random.default_rng(seed), []
        subject = Subject(deployment, Painter(cell, wrong), None, None, Path('recorded'))
        for _ in range(count):
            image, state = image_of(rng), cell.home + rng.normal(0.0, 0.1, len(cell.joints))
            seen = Observation(0, state, {'top': image}, 'lift')
            sound = Painter(cell, lambda _, path: path)
            recorded = sound.infer(seen).positions[:STEPS]
            shown = Observation(0, state, {'top': np.ascontiguousarray(view(image))}, 'lift')
            frames.append(AnsweredFrame(shown, subject.answer(shown), recorded))
        subject.__dict__['answered'] = tuple(frames)
        return nothing_fits_better(subject)

    return judge


@pytest.mark.parametrize('seed', range(5))
def test_a_sound_policy_is_not_named(judged, seed):
    status, found = judged(seed=seed)
    assert status is Status.OK, found
    assert 'none of 12 fits better' in found


def inverted(state, path):
    path = path.copy()
    path[:, 7] = 0.8 - path[:, 7]
    return path


@pytest.mark.parametrize(
    ('wrong', 'named'),
    [
        (lambda state, path: np.vstack([path[:1], path[:-1]]), EARLY),
        (lambda state, path: np.vstack([path[1:], path[-1:]]), LATE),
        (lambda state, path: state + 0.5 * (path - state), 'moves times 2'),
        (lambda state, path: state + 0.8 * (path - state), 'moves times 1.25'),
        (lambda state, path: state + 1.25 * (path - state), 'moves times 0.8'),
        (inverted, 'the gripper inverted'),
    ],
)
def test_a_wrong_answer_is_named_by_what_undoes_it(judged, wrong, named):
    status, found = judged(wrong)
    assert status is Status.WARN
    assert f'fits the dataset better with {named} (error smaller by' in found


@pytest.mark.parametrize(
    ('view', 'named'),
    [
        (lambda image: image[..., ::-1], 'red and blue exchanged'),
        (lambda image: image[:, ::-1], 'images mirrored'),
        (lambda image: image[::-1], 'images upside down'),
    ],
)
def test_images_that_come_otherwise_are_named(judged, view, named):
    status, found = judged(view=view)
    assert status is Status.WARN
    assert f'fits the dataset better with {named}' in found


def test_few_frames_say_nothing(judged):
    assert judged(count=8) == (
        Status.SKIP,
        '8 frames with actions after them; allowed: 12 or more',
    )


def test_without_a_dataset_the_question_does_not_arise(deployment):
    found = nothing_fits_better(Subject(deployment, Painter(deployment.cell, None)))
    assert found == (Status.SKIP, 'needs frames of a dataset; give --dataset')
