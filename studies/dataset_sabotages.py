"""Ways in which an episode of a dataset goes wrong without its shapes changing."""

from collections.abc import Callable
from dataclasses import dataclass

from demonstration_styles import Take
import numpy as np

Takes = list[Take]
Sabotage = Callable[[Takes, int, np.random.Generator], Take]


@dataclass(frozen=True)
class Kind:
    """One kind of sabotage.

    Attributes:
        name: in the table.
        apply: returns the spoiled episode; takes all episodes, its number and random numbers.
        only_numbers: images stay as they are.
        only_video: it damages a video file, not its images.
        is_copy: two episodes are equal afterwards, of which the first is good.
    """

    name: str
    apply: Sabotage
    only_numbers: bool = False
    only_video: bool = False
    is_copy: bool = False


def _copy(take: Take) -> Take:
    images = {key: stack.copy() for key, stack in take.images.items()}
    return Take(take.state.copy(), take.action.copy(), images)


def _with_frames(take: Take, frames: np.ndarray) -> Take:
    """Take the images of other frames of the same episode."""
    spoiled = _copy(take)
    spoiled.images = {key: stack[frames] for key, stack in take.images.items()}
    return spoiled


def _edited(take: Take, edit: Callable[[np.ndarray], np.ndarray], first=0, last=None) -> Take:
    spoiled = _copy(take)
    for stack in spoiled.images.values():
        stack[first:last] = edit(stack[first:last])
    return spoiled


def _stretch(take: Take, rng: np.random.Generator, share: float) -> tuple[int, int]:
    """Draw a part of an episode, of this share of its frames and 4 at least."""
    length = min(max(4, round(share * len(take))), len(take) - 2)
    first = int(rng.integers(1, len(take) - length))
    return first, first + length


def freeze(takes: Takes, number: int, rng: np.random.Generator) -> Take:
    """The camera delivers one image for half an episode."""
    take = takes[number]
    first, last = _stretch(take, rng, 0.5)
    frames = np.arange(len(take))
    frames[first:last] = first
    return _with_frames(take, frames)


def freeze_wholly(takes: Takes, number: int, rng: np.random.Generator) -> Take:
    """The camera delivers one image for the whole episode."""
    return _with_frames(takes[number], np.zeros(len(takes[number]), dtype=int))


def repeat(takes: Takes, number: int, rng: np.random.Generator) -> Take:
    """Every frame comes twice, and every second one never."""
    return _with_frames(takes[number], np.arange(len(takes[number])) // 2 * 2)


def _delayed(frames: int) -> Sabotage:
    def apply(takes: Takes, number: int, rng: np.random.Generator) -> Take:
        """Shift the images; the episode is cut where no image is left."""
        take = takes[number]
        late = max(frames, 0), max(-frames, 0)
        count = len(take) - abs(frames)
        images = {key: stack[late[1] :][:count] for key, stack in take.images.items()}
        here = slice(late[0], late[0] + count)
        return Take(take.state[here], take.action[here], images)

    return apply


def other_images(takes: Takes, number: int, rng: np.random.Generator) -> Take:
    """The images are those of another episode of the dataset."""
    take, other = takes[number], takes[(number + 1) % len(takes)]
    frames = np.minimum(np.arange(len(take)), len(other) - 1)
    spoiled = _copy(take)
    spoiled.images = {key: stack[frames] for key, stack in other.images.items()}
    return spoiled


def noise(takes: Takes, number: int, rng: np.random.Generator) -> Take:
    """Every image is noise."""
    return _edited(takes[number], lambda stack: rng.integers(0, 255, stack.shape, dtype=np.uint8))


def bgr(takes: Takes, number: int, rng: np.random.Generator) -> Take:
    """Red and blue are exchanged."""
    return _edited(takes[number], lambda stack: stack[..., ::-1].copy())


def blank(takes: Takes, number: int, rng: np.random.Generator) -> Take:
    """All images but the first and the last show one colour."""
    return _edited(takes[number], lambda stack: np.full_like(stack, 90), 1, -1)


def black(takes: Takes, number: int, rng: np.random.Generator) -> Take:
    """The light goes out for a third of the episode."""
    first, last = _stretch(takes[number], rng, 0.33)
    return _edited(takes[number], lambda stack: (stack * 0.04).astype(np.uint8), first, last)


def overexposed(takes: Takes, number: int, rng: np.random.Generator) -> Take:
    """The exposure is far too long for a third of the episode."""

    def edit(stack: np.ndarray) -> np.ndarray:
        return np.clip(stack.astype(float) * 4.0 + 60.0, 0, 255).astype(np.uint8)

    return _edited(takes[number], edit, *_stretch(takes[number], rng, 0.33))


def duplicate(takes: Takes, number: int, rng: np.random.Generator) -> Take:
    """The episode before, or the last one, again."""
    return _copy(takes[number - 1])


def _shifted(frames: int) -> Sabotage:
    def apply(takes: Takes, number: int, rng: np.random.Generator) -> Take:
        """Exchange the actions by those of later or earlier frames."""
        spoiled = _copy(takes[number])
        wanted = np.clip(np.arange(len(spoiled)) + frames, 0, len(spoiled) - 1)
        spoiled.action = spoiled.action[wanted]
        return spoiled

    return apply


def action_is_state(takes: Takes, number: int, rng: np.random.Generator) -> Take:
    """What was measured was recorded as the command."""
    spoiled = _copy(takes[number])
    spoiled.action = spoiled.state.copy()
    return spoiled


def degrees(takes: Takes, number: int, rng: np.random.Generator) -> Take:
    """State and action are in degrees."""
    take = takes[number]
    return Take(np.degrees(take.state), np.degrees(take.action), take.images)


def other_order(takes: Takes, number: int, rng: np.random.Generator) -> Take:
    """Two neighbouring joints are exchanged, in state and action."""
    spoiled = _copy(takes[number])
    joint = int(rng.integers(0, spoiled.state.shape[1] - 2))
    for values in (spoiled.state, spoiled.action):
        values[:, [joint, joint + 1]] = values[:, [joint + 1, joint]]
    return spoiled


def gripper_inverted(takes: Takes, number: int, rng: np.random.Generator) -> Take:
    """Open is closed, in state and action."""
    spoiled = _copy(takes[number])
    for values in (spoiled.state, spoiled.action):
        values[:, -1] = 0.8 - values[:, -1]
    return spoiled


def gripper_constant(takes: Takes, number: int, rng: np.random.Generator) -> Take:
    """The gripper's values are those of the first frame."""
    spoiled = _copy(takes[number])
    for values in (spoiled.state, spoiled.action):
        values[:, -1] = values[0, -1]
    return spoiled


def stuck_joint(takes: Takes, number: int, rng: np.random.Generator) -> Take:
    """The measured value of the joint that moves most stays for two thirds of the episode."""
    spoiled = _copy(takes[number])
    first, last = _stretch(spoiled, rng, 0.66)
    joint = int(np.argmax(np.ptp(spoiled.state[first:last, :-1], axis=0)))
    spoiled.state[first:last, joint] = spoiled.state[first, joint]
    return spoiled


def cut(takes: Takes, number: int, rng: np.random.Generator) -> Take:
    """A third of the episode is missing in its middle, and stamps go on without a gap."""
    take = takes[number]
    length = max(5, round(0.35 * len(take)))
    first = int(rng.integers(2, len(take) - length - 2))
    kept = np.r_[0:first, first + length : len(take)]
    images = {key: stack[kept] for key, stack in take.images.items()}
    return Take(take.state[kept], take.action[kept], images)


def glued(takes: Takes, number: int, rng: np.random.Generator) -> Take:
    """The episode after it follows without an end."""
    take, other = takes[number], takes[(number + 1) % len(takes)]
    images = {key: np.concatenate([take.images[key], other.images[key]]) for key in take.images}
    state = np.concatenate([take.state, other.state])
    return Take(state, np.concatenate([take.action, other.action]), images)


def damaged_video(takes: Takes, number: int, rng: np.random.Generator) -> Take:
    """Zeros in the episode's part of the video file; applied where it is encoded."""
    return _copy(takes[number])


KINDS = (
    Kind('camera frozen for half', freeze),
    Kind('camera frozen', freeze_wholly),
    Kind('every frame twice', repeat),
    Kind('images 5 frames late', _delayed(5)),
    Kind('images 5 frames early', _delayed(-5)),
    Kind('images of another episode', other_images),
    Kind('noise', noise),
    Kind('BGR', bgr),
    Kind('blank inside', blank),
    Kind('black for a third', black),
    Kind('overexposed for a third', overexposed),
    Kind('a copy', duplicate, is_copy=True),
    Kind('actions 3 frames late', _shifted(-3), only_numbers=True),
    Kind('actions 3 frames early', _shifted(3), only_numbers=True),
    Kind('action is state', action_is_state, only_numbers=True),
    Kind('degrees', degrees, only_numbers=True),
    Kind('two joints exchanged', other_order, only_numbers=True),
    Kind('gripper inverted', gripper_inverted, only_numbers=True),
    Kind('gripper constant', gripper_constant, only_numbers=True),
    Kind('a stuck joint', stuck_joint, only_numbers=True),
    Kind('cut in the middle', cut),
    Kind('two episodes in one', glued),
    Kind('damaged video', damaged_video, only_video=True),
)
