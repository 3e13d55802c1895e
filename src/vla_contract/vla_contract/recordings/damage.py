"""What of a recording could not be read."""

from collections.abc import Callable
from dataclasses import dataclass
import logging
from pathlib import Path

from vla_contract.values import NS_PER_S

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Damage:
    """Where a file ends early, or holds other bytes than were written.

    Attributes:
        path: the file.
        byte: where that was noticed.
        why: in a few words.
        messages: how many messages before it were read.
        last_ns: when the last of these was written [ns].
    """

    path: Path
    byte: int
    why: str
    messages: int
    last_ns: int

    def __str__(self) -> str:
        return (
            f'{self.path} is damaged at byte {self.byte} ({self.why}): {self.messages} messages '
            f'up to time {self.last_ns / NS_PER_S:.3f} s were read, others may be missing'
        )


OnDamage = Callable[[Damage], object]


def say_damage(damage: Damage) -> None:
    """Say it in the log, which a command writes to the standard error."""
    _log.warning('warning: %s', damage)
