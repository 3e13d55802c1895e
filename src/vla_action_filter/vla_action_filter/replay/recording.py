"""The filter's inputs out of a recording, as events for a replay."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from vla_action_filter.config import FilterConfig
from vla_action_filter.replay.stream import Commanders, Event, Payload
from vla_contract.cli.progress import watched
from vla_contract.deployment.cell import Cell
from vla_contract.errors import ContractError, VlaError
from vla_contract.filter_status import FilterStatus
from vla_contract.joints.teleop_messages import TELEOP_TOPIC
from vla_contract.recordings.damage import Damage, OnDamage, say_damage
from vla_contract.recordings.events import Recorded
from vla_contract.recordings.read_events import read_events

_STATUS = 'action_filter/status'
_OTHERS = ('joint_states', TELEOP_TOPIC, 'e_stop', 'speed_scale', 'fault', _STATUS)


@dataclass(frozen=True)
class RecordedStream:
    """What a filter with some input would have received.

    Attributes:
        events: in order of arrival.
        refused: messages that the node would refuse unread, by topic.
        damages: what of the recording could not be read, in sentences.
    """

    events: list[Event]
    refused: Counter[str]
    damages: list[str]


def read_recording(
    path: Path,
    cell: Cell,
    config: FilterConfig | None = None,
    namespace: str = '',
    on_damage: OnDamage = say_damage,
) -> RecordedStream:
    """Return the filter's inputs in an MCAP file or a rosbag2 folder.

    Topics are found by the end of their name, so a namespace does not matter: joint_states, the
    topic that the setting `input` names, teleop_chunk, e_stop, speed_scale, fault
    (std_msgs/String) with labels, and of action_filter/status who commands.

    Args:
        path: of the recording.
        cell: where it was recorded.
        config: settings of the filter; None for the defaults.
        namespace: of the robot, where several were recorded.
        on_damage: is told what could not be read.

    Raises:
        ResourceNotFoundError: there is no such file.
        VlaError: the recording cannot be read, or carries none of these topics.
    """
    refused: Counter[str] = Counter()
    damages: list[str] = []

    def on_refused(topic: str, error: ContractError) -> None:
        refused[topic] += 1

    def note(damage: Damage) -> None:
        damages.append(str(damage))
        on_damage(damage)

    topics = ((config or FilterConfig()).input, *_OTHERS)
    recorded = read_events(path, cell, namespace, False, topics, note, on_refused)
    found = list(_inputs(watched(recorded, 'messages')))
    if not found and not refused:
        needed = ', '.join(topic for topic in topics if topic != _STATUS)
        raise VlaError(f'{path}: found no topic of the filter; it needs one of: {needed}')
    return RecordedStream(found, refused, damages)


def _inputs(recorded: Iterable[Recorded]) -> Iterator[Event]:
    """Yield what the filter received, and where others commanded from then on."""
    human: tuple[str, ...] = ()
    for each in recorded:
        if isinstance(each.payload, FilterStatus):
            if each.payload.human != human:
                human = each.payload.human
                yield Event(each.now_ns, Commanders(human))
        elif isinstance(each.payload, Payload):
            yield Event(each.now_ns, each.payload)
