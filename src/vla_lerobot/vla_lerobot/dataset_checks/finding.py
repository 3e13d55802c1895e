"""What a check says of an episode."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with one episode.

    Attributes:
        episode: number in the dataset.
        kind: in a word or two, 'frozen' for instance.
        text: what was found, with its frames and numbers.
        cure: what to do about it.
        camera: feature of the camera, '' for numbers.
        frames: first and last frame concerned, counted from the episode's first; empty: all.
    """

    episode: int
    kind: str
    text: str
    cure: str
    camera: str = ''
    frames: tuple[int, ...] = ()

    @property
    def fault(self) -> str:
        """The sentence without its cure."""
        return f'{self.kind}: {self.text}'

    def to_json(self) -> dict[str, Any]:
        """Return it for a JSON file."""
        return {
            'episode': self.episode,
            'kind': self.kind,
            'camera': self.camera,
            'frames': list(self.frames),
            'text': self.text,
            'cure': self.cure,
        }


def in_words(numbers: Iterable[int]) -> str:
    """Return 'frame 3' or 'frames 3 to 7' for the ends of some frames."""
    found = list(numbers)
    first, last = found[0], found[-1]
    return f'frame {first}' if first == last else f'frames {first} to {last}'
