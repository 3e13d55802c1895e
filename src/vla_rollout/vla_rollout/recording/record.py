"""One recorded message and the kind of its topic."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Topic:
    """A topic as it stands in a recording.

    Attributes:
        name: resolved name.
        type_name: e.g. sensor_msgs/msg/Image.
        schema: definition of the type and of every type in it.
        is_latched: whether its newest message from before an episode belongs to the episode.
        language: of the definition.
        is_shared: whether every message from before belongs to it: each publisher has its own.
    """

    name: str
    type_name: str
    schema: str
    is_latched: bool = False
    language: str = 'ros2msg'
    is_shared: bool = False


@dataclass(frozen=True)
class Record:
    """A message as it came: CDR bytes and the time of arrival [ns]."""

    topic: str
    log_ns: int
    data: bytes
