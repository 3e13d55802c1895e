"""The topics of an episode as they are subscribed to, decoded as recordings are."""

from collections.abc import Callable, Collection
import importlib
from typing import Any

from vla_contract.deployment.cell import Cell
from vla_contract.recordings.events import Payload
from vla_contract.recordings.topics import camera_topics, Decode, topics_of
from vla_contract.ros.messages.images import image_from_msg
from vla_contract.stamps import from_stamp

LiveStream = tuple[type, Callable[[Any], Payload | None]]
"""Message class of a topic, and what makes a value of a message; None where it tells nothing."""


def live_streams(cell: Cell, with_images: bool, topics: Collection[str]) -> dict[str, LiveStream]:
    """Return topics by their relative name.

    Args:
        cell: whose joints and cameras.
        with_images: the images of its cameras too, as the cell says that they come.
        topics: those of recordings.topics.TOPICS that are wanted.
    """
    wanted = topics_of(cell, topics)
    if with_images:
        cameras = camera_topics(cell, image_from_msg)
        wanted |= {name: cameras[name] for name in (c.image_topic for c in cell.cameras)}
    return {
        name: (message_class(topic.type_name), _on_arrival(topic.decoder(cell)))
        for name, topic in wanted.items()
    }


def message_class(type_name: str) -> type:
    """Return the class of a message type such as sensor_msgs/msg/Image."""
    package, _, name = type_name.split('/')
    found: type = getattr(importlib.import_module(f'{package}.msg'), name)
    return found


def _on_arrival(decode: Decode) -> Callable[[Any], Payload | None]:
    """Return a decoder for which a message arrives when it is stamped: nobody judges its age."""
    return lambda msg: decode(msg, from_stamp(msg.header.stamp) if hasattr(msg, 'header') else 0)
