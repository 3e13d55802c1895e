"""Nanoseconds to ROS time messages; what reads them is in vla_contract/stamps.py."""

from builtin_interfaces.msg import Duration, Time
from vla_contract.values import NS_PER_S


def to_time(ns: int) -> Time:
    """Return a Time message."""
    return Time(sec=ns // NS_PER_S, nanosec=ns % NS_PER_S)


def to_duration(ns: int) -> Duration:
    """Return a Duration message."""
    return Duration(sec=ns // NS_PER_S, nanosec=ns % NS_PER_S)
