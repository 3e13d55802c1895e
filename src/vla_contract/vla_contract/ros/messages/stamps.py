"""Nanoseconds to ROS time messages and back."""

from builtin_interfaces.msg import Duration, Time
from vla_contract.values import NS_PER_S


def to_time(ns: int) -> Time:
    """Return a Time message."""
    return Time(sec=ns // NS_PER_S, nanosec=ns % NS_PER_S)


def to_duration(ns: int) -> Duration:
    """Return a Duration message."""
    return Duration(sec=ns // NS_PER_S, nanosec=ns % NS_PER_S)


def from_stamp(stamp: Time | Duration) -> int:
    """Return a Time or Duration message in nanoseconds."""
    return int(stamp.sec) * NS_PER_S + int(stamp.nanosec)
