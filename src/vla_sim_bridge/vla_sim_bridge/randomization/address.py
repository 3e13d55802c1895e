"""What a term reaches: all of its kind, or what stands behind an @ in its key."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from vla_contract.errors import nearest, SimError

AT, OBJECT, CAMERA, LIGHT = '@', 'object', 'camera', 'light'
TARGET, OTHERS = 'target', 'others'
Groups = Mapping[str, tuple[str, ...]]
"""A word that stands for objects to their names: a tag, `target`, or `others`."""


@dataclass(frozen=True)
class Address:
    """What one term of a configuration reaches.

    Attributes:
        kind: object, camera or light.
        name: of one, a word that stands for some, or '' for all of the kind.
    """

    kind: str
    name: str = ''

    def __str__(self) -> str:
        """Write it as in a configuration."""
        return f'{self.kind}:{self.name}' if self.name else self.kind


def read_key(key: str) -> tuple[str, Address | None]:
    """Return the name of a term and what it reaches, of a key as object_mass@object:target."""
    name, is_addressed, said = key.partition(AT)
    kind, _, one = said.partition(':')
    return name, Address(kind, one) if is_addressed else None


def reached(key: str, kind: str, names: Iterable[str], groups: Groups) -> tuple[str, ...]:
    """Return which of some names a term reaches; all where it addresses none of their kind.

    Args:
        key: of the term, with what it addresses.
        kind: of the names.
        names: that there are.
        groups: words that stand for several of them.

    Raises:
        SimError: it reaches none.
    """
    names, address = tuple(names), read_key(key)[1]
    if address is None or address.kind != kind or not address.name:
        return names
    meant = groups.get(address.name, (address.name,))
    found = tuple(name for name in names if name in meant)
    if not found:
        known = (*names, *(word for word, some in groups.items() if set(some) & set(names)))
        raise SimError(
            f'term {key}: no {kind} to change is {address.name}; {_told(address, known)}'
        )
    return found


def _told(address: Address, known: Collection[str]) -> str:
    return nearest(address.name, known) if known else 'there is none'
