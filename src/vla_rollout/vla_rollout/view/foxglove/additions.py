"""A recording with what Foxglove shows beside it: the robot, its frames, and a log."""

from collections.abc import Iterator
from heapq import merge
import os
from pathlib import Path
from typing import Any

from mcap_ros2.writer import Writer
from vla_contract.deployment.cell import Cell
from vla_contract.errors import VlaError
from vla_contract.recordings.definitions import definition, stamp
from vla_contract.recordings.recording import RecordedTopic, Recording
from vla_rollout.recording.mcap_file import McapFile
from vla_rollout.recording.record import Record, Topic
from vla_rollout.view.foxglove.primitives import update
from vla_rollout.view.foxglove.robot import ShownRobot
from vla_rollout.view.foxglove.surroundings import fixed_entities, ToolPaths
from vla_rollout.view.foxglove.types import LOG, SCENE, TRANSFORMS, TYPES
from vla_rollout.view.watched import ERROR, INFO, WARN, Watched

ROBOT_TOPIC, SCENE_TOPIC, CHUNK_TOPIC = '/vla/robot', '/vla/scene', '/vla/chunk'
LOG_TOPIC, TF_TOPIC = '/vla/log', '/tf'
"""What is added. `/tf` is called /vla/tf where the recording has one."""

_DESCRIPTION = 'robot_description'
_LEVELS = {INFO: 20, WARN: 30, ERROR: 40}
_NOTES = 'vla'


def write_completed(
    output: Path, recording: Recording, cell: Cell, watched: Watched
) -> tuple[list[RecordedTopic], str]:
    """Write all of a recording, and the additions, into an MCAP file.

    Args:
        output: the file; one that is there is replaced.
        recording: of the episode.
        cell: where it was recorded.
        watched: what is in it.

    Returns:
        The topics of the file, and why there is no robot in it, '' if there is.

    Raises:
        OSError: the file cannot be written.
    """
    part, new = (output.with_name(f'{output.name}.{os.getpid()}.{end}') for end in ('add', 'new'))
    try:
        missing = _write_additions(part, recording, cell, watched)
        added = Recording(part)
        # A name means one topic, whatever else a foreign bag has under it.
        topics = {topic.name: topic for topic in [*recording.topics(), *added.topics()]}
        kinds = [Topic(t.name, t.type_name, t.definition, language=t.language)
                 for t in topics.values()]  # fmt: skip
        streams = [source.messages(list(topics.values())) for source in (recording, added)]
        with McapFile(new, kinds, 'zstd') as file:
            for message in merge(*streams, key=lambda one: one.log_ns):
                file.write(Record(message.topic.name, message.log_ns, message.data))
            if notes := recording.metadata(_NOTES):
                file.annotate(_NOTES, notes)
        new.replace(output)
    finally:
        part.unlink(missing_ok=True)
    return list(topics.values()), missing


def _write_additions(path: Path, recording: Recording, cell: Cell, watched: Watched) -> str:
    """Write the additions alone; return why there is no robot, '' if there is."""
    topics = {topic.name for topic in recording.topics()}
    first_ns = int(watched.samples[0].arrivals_ns.max())
    entities, missing = fixed_entities(cell, first_ns), ''
    with path.open('wb') as stream:
        writer = _Additions(stream)
        writer.add(LOG_TOPIC, LOG, _log(watched))
        try:
            paths = ToolPaths(cell, watched)
            entities += paths.whole(first_ns)
            writer.add(CHUNK_TOPIC, SCENE, paths.chunks())
            if not any(name.endswith(_DESCRIPTION) for name in topics):
                robot = ShownRobot(cell)
                writer.add(ROBOT_TOPIC, SCENE, iter([robot.scene(first_ns)]))
                tf_topic = TF_TOPIC if TF_TOPIC not in topics else f'/vla{TF_TOPIC}'
                writer.add(tf_topic, TRANSFORMS, robot.transforms(watched))
        except VlaError as error:
            missing = f'no robot in the picture: {error}'
        # One message: after a jump in time, Foxglove has the newest of each topic and no other.
        writer.add(SCENE_TOPIC, SCENE, iter([update(first_ns, entities)]))
        writer.finish()
    return missing


class _Additions:
    """Writes messages as mcap-ros2-support serialises them."""

    def __init__(self, stream: Any) -> None:
        self._writer: Any = Writer(stream)
        self._schemas: dict[str, Any] = {}

    def add(self, topic: str, type_name: str, messages: Iterator[tuple[int, Any]]) -> None:
        """Write the messages of a topic."""
        if type_name not in self._schemas:
            text = definition(type_name, TYPES)
            self._schemas[type_name] = self._writer.register_msgdef(type_name, text)
        for log_ns, message in messages:
            self._writer.write_message(topic, self._schemas[type_name], message, log_ns)

    def finish(self) -> None:
        """End the file."""
        self._writer.finish()


def _log(watched: Watched) -> Iterator[tuple[int, dict[str, Any]]]:
    for word in watched.words:
        yield word.time_ns, {
            'stamp': stamp(word.time_ns), 'level': _LEVELS[word.level], 'name': 'vla',
            'msg': word.text, 'file': '', 'function': '', 'line': 0,
        }  # fmt: skip
