"""Times: of messages of rclpy or of recordings in nanoseconds, and in a sentence."""

from typing import Protocol

from vla_contract.values import NS_PER_S

_UNITS = ((365.25 * 86400.0, 'years'), (86400.0, 'days'), (3600.0, 'hours'), (60.0, 'minutes'))


class Stamp(Protocol):
    """builtin_interfaces/Time or Duration."""

    sec: int
    nanosec: int


def from_stamp(stamp: Stamp) -> int:
    """Return a Time or Duration message in nanoseconds."""
    return int(stamp.sec) * NS_PER_S + int(stamp.nanosec)


def duration(seconds: float) -> str:
    """Return a duration for a sentence, such as '0.7 s' or '56 years'."""
    for size, unit in _UNITS:
        if seconds >= 2.0 * size:
            return f'{seconds / size:.0f} {unit}'
    return f'{seconds:.2g} s' if seconds < 10.0 else f'{seconds:.0f} s'
