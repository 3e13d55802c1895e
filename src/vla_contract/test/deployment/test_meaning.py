from dataclasses import dataclass, field

from vla_contract.deployment.meaning import meaning_sha256


@dataclass(frozen=True)
class First:
    width: int
    name: str = 'top'
    sha256: str = ''


@dataclass(frozen=True)
class Later:
    """The same with fields that a later version adds."""

    width: int
    name: str = 'top'
    transport: str = 'raw'
    extras: tuple[str, ...] = field(default_factory=tuple)
    sha256: str = ''


def test_a_field_that_is_added_with_a_default_changes_no_hash():
    assert meaning_sha256(Later(4)) == meaning_sha256(First(4))
    assert meaning_sha256(Later(4, transport='compressed')) != meaning_sha256(First(4))
    assert meaning_sha256(Later(4, extras=('cube',))) != meaning_sha256(First(4))


def test_a_value_that_has_no_default_always_counts():
    assert meaning_sha256(First(0)) != meaning_sha256(First(1))
    assert meaning_sha256(First(4, 'wrist')) != meaning_sha256(First(4))
