"""ROS times in nanoseconds, from a message of rclpy or of a recording."""

from typing import Protocol

from vla_contract.values import NS_PER_S


class Stamp(Protocol):
    """builtin_interfaces/Time or Duration."""

    sec: int
    nanosec: int


def from_stamp(stamp: Stamp) -> int:
    """Return a Time or Duration message in nanoseconds."""
    return int(stamp.sec) * NS_PER_S + int(stamp.nanosec)
