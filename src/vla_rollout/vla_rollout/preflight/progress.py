"""The checklist in groups of items: what was gone through is kept when something ends the rest."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from vla_contract.check import Check, measured

Kept = Mapping[str, Sequence[Check]]
"""Findings of groups that were gone through before, by the names of the groups."""


@dataclass(frozen=True)
class Group:
    """Items that are looked at together, or not at all.

    Attributes:
        name: no other group has it.
        look: looks at them and yields what it finds.
    """

    name: str
    look: Callable[[], Iterable[Check]]


class Progress:
    """What was found so far.

    Attributes:
        sizes: name and number of items of each group that was gone through, in order.
        found: the items, those of a group that was broken off too.
    """

    def __init__(self, kept: Kept | None = None) -> None:
        """Begin, or go on with what is kept."""
        self._kept = dict(kept or {})
        self.sizes: list[tuple[str, int]] = []
        self.found: list[Check] = []

    def go_through(self, group: Group) -> Iterator[Check]:
        """Yield what a group finds, or had found: then nothing is looked at."""
        before = len(self.found)
        for finding in self._kept.get(group.name) or group.look():
            self.found.append(finding)
            yield finding
        self.sizes.append((group.name, len(self.found) - before))


def unfinished(why: str) -> Check:
    """Return, as an item that does not hold, why the rest was not looked at."""
    return measured('the whole checklist', False, why, 'gone through', 'go on: preflight --resume')


def kept_groups(sizes: Iterable[tuple[str, int]], items: Sequence[Check]) -> Kept:
    """Return the groups that need not be looked at again: those of which every item holds.

    Args:
        sizes: as of `Progress`.
        items: as found, in order.
    """
    kept: dict[str, Sequence[Check]] = {}
    begin = 0
    for name, size in sizes:
        group = items[begin : begin + size]
        begin += size
        if all(item.is_good_enough for item in group):
            kept[name] = group
    return kept
