"""Who presses the emergency stop: pressed while anybody presses, released by each for himself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vla_contract.values import to_ns

# Publishers that said something and left; a shell that publishes once is one each time.
_MOST_REMEMBERED = 1000


@dataclass
class _Word:
    """What a publisher said last.

    Attributes:
        is_pressed: the word.
        heard_ns: when [ns].
        node: name of its node, '' when the graph did not know the publisher.
        is_lifted: somebody else has released what this publisher left pressed.
    """

    is_pressed: bool
    heard_ns: int
    node: str
    is_lifted: bool = False


class EStopSources:
    """Keeps the last word of every publisher of e_stop.

    A publisher that leaves with its stop pressed leaves it pressed. Somebody who came later, or
    who presses and releases, may lift that; one who merely goes on saying false may not.

    What the graph does not know by the identity in its message cannot be told apart from others:
    then a press counts from anybody, a release only from one who is alone.
    """

    def __init__(self, required: Sequence[str] = (), deadline_s: float = 0.5) -> None:
        """Begin with nothing heard.

        Args:
            required: nodes that must publish, again and again.
            deadline_s: longest silence of one of them [s].
        """
        self._required = tuple(required)
        self._deadline_ns = to_ns(deadline_s)
        self._words: dict[bytes, _Word] = {}
        self._there: dict[bytes, str] = {}

    def see_publishers(self, publishers: Mapping[bytes, str]) -> None:
        """Take who publishes now, each with the name of its node."""
        self._there = dict(publishers)
        for publisher, word in self._words.items():
            # Back again, it still says what it said last.
            word.is_lifted &= publisher not in self._there
        if len(self._words) > _MOST_REMEMBERED:
            self._words = {
                publisher: word
                for publisher, word in self._words.items()
                if publisher in self._there or word.is_pressed
            }

    def is_news(self, publisher: bytes, is_pressed: bool) -> bool:
        """Whether a word changes anything; then ask for the publishers first."""
        word = self._words.get(publisher)
        return publisher not in self._there or word is None or word.is_pressed != is_pressed

    def hear(self, publisher: bytes, is_pressed: bool, now_ns: int) -> None:
        """Take a word of a publisher, heard at a time [ns]."""
        before = self._words.get(publisher)
        is_told_apart = publisher in self._there or len(self._there) <= 1
        was_pressed = before is not None and before.is_pressed
        if not is_pressed and was_pressed and not is_told_apart:
            return
        node = self._there.get(publisher, '')
        self._words[publisher] = _Word(is_pressed, now_ns, node)
        if not is_pressed and is_told_apart and (before is None or was_pressed):
            for other, word in self._words.items():
                word.is_lifted |= other not in self._there

    @property
    def is_pressed(self) -> bool:
        """Whether anybody presses, or left it pressed."""
        return any(word.is_pressed and not word.is_lifted for word in self._words.values())

    @property
    def reason(self) -> str:
        """Why the arm must stand, '' when it need not."""
        pressed = [
            (publisher in self._there or not word.node, word.node)
            for publisher, word in self._words.items()
            if word.is_pressed and not word.is_lifted
        ]
        if not pressed:
            return ''
        if any(is_there for is_there, _ in pressed):
            return 'e_stop'
        node = pressed[-1][1]
        return f'e_stop pressed by a publisher that is gone ({node}): start it again and release'

    @property
    def pressers(self) -> str:
        """Names of the nodes that press, for a report."""
        return ' '.join(
            word.node or 'unknown'
            for word in self._words.values()
            if word.is_pressed and not word.is_lifted
        )

    def missing(self, now_ns: int) -> str:
        """Return which required node is not there or silent, as a reason; '' when none is."""
        for node in self._required:
            if not any(
                publisher in self._words
                and now_ns - self._words[publisher].heard_ns <= self._deadline_ns
                for publisher, name in self._there.items()
                if name == node
            ):
                return f'e_stop source {node} is gone'
        return ''
