"""What a recording says, in the order in which it was written."""

from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from vla_contract.deployment.cell import Cell
from vla_contract.errors import ContractError, UnknownNameError, VlaError
from vla_contract.recordings.damage import OnDamage, say_damage
from vla_contract.recordings.decoding import decode_message
from vla_contract.recordings.events import Payload, Recorded
from vla_contract.recordings.message_definition import check_topic
from vla_contract.recordings.recording import RecordedTopic, Recording
from vla_contract.recordings.topic_choice import choose_topics
from vla_contract.recordings.topics import (
    camera_topics,
    COMPRESSED,
    RAW,
    TOPICS,
    topics_of,
)

OnRefused = Callable[[str, ContractError], object]


def read_events(
    path: Path,
    cell: Cell,
    namespace: str = '',
    with_images: bool = True,
    topics: Collection[str] | None = None,
    on_damage: OnDamage = say_damage,
    on_refused: OnRefused | None = None,
    keep_encoded: bool = False,
) -> Iterator[Recorded]:
    """Yield what happened, in the order of the times at which it was written.

    Args:
        path: MCAP file of our recorder or of `ros2 bag record`, or the folder of a rosbag2.
        cell: where it was recorded.
        namespace: of the robot, where several were recorded.
        with_images: decoding them takes most of the time.
        topics: those of TOPICS that are wanted; None for all. Cameras are not named.
        on_damage: is told what could not be read, before anything is yielded.
        on_refused: is told the name of a topic whose message does not fit the cell, and why; the
            message is left out. Without it such a message ends the reading.
        keep_encoded: compressed images come as they are, as EncodedImageEvent.

    Raises:
        ResourceNotFoundError: there is no such recording.
        VlaError: nothing of it can be read, a topic has another type or lacks a field, there are
            several robots and none is named, or a message does not fit the cell.
    """
    wanted = topics_of(cell, _known(topics))
    if with_images:
        wanted |= camera_topics(cell, is_decoded=not keep_encoded)
    recording = Recording(path)
    for damage in recording.damages:
        on_damage(damage)
    names = _without_copies(choose_topics(path, recording.topics(), wanted, namespace))
    for topic, name in names.items():
        check_topic(path, topic, wanted[name].type_name)
    decoders = {name: wanted[name].decoder(cell) for name in names.values()}
    for message in recording.messages(list(names)):
        name = names[message.topic]
        try:
            payload: Payload | None = decoders[name](decode_message(message), message.log_ns)
        except ContractError as error:
            if on_refused is None:
                raise VlaError(f'{path} at {message.log_ns}: {error}') from error
            on_refused(name, error)
            continue
        except VlaError as error:
            raise VlaError(f'{path}: {error}') from error
        if payload is not None:
            yield Recorded(message.log_ns, payload)


def _known(topics: Collection[str] | None) -> Collection[str] | None:
    """Return what was asked for, refused where it is no topic of an episode."""
    for topic in topics or ():
        if topic not in TOPICS:
            raise UnknownNameError('topic', topic, 'recordings', TOPICS)
    return topics


def _without_copies(names: dict[RecordedTopic, str]) -> dict[RecordedTopic, str]:
    """Leave out the compressed images of cameras whose raw ones are there."""
    copies = {name.removesuffix(RAW) + COMPRESSED for name in names.values() if name.endswith(RAW)}
    return {topic: name for topic, name in names.items() if name not in copies}
