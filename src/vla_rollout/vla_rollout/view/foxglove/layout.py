"""A layout of Foxglove for the topics of a recording."""

from collections.abc import Mapping, Sequence
import math
from pathlib import Path
from typing import Any

from vla_contract.deployment.cell import Cell
from vla_contract.recordings.decoding import decode_message
from vla_contract.recordings.recording import RecordedTopic, Recording
from vla_contract.recordings.topic_choice import choose_topics
from vla_contract.recordings.topics import camera_topics
from vla_rollout.view.foxglove import panels
from vla_rollout.view.foxglove.additions import CHUNK_TOPIC, LOG_TOPIC, ROBOT_TOPIC, SCENE_TOPIC
from vla_rollout.view.foxglove.panels import Panel

_JOINTS = {
    'measured': '', 'desired': 'action_filter/desired', 'sent': 'action_filter/action',
}  # fmt: skip
_STATUS, _DIAGNOSTICS = 'action_filter/status', 'diagnostics'
_SEEN = ('rollout_markers', 'robot_description')
# Where Foxglove's message paths end a name that is not quoted.
_PLAIN = frozenset('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_/-')


class EpisodeLayout:
    """Builds a layout; what was not recorded has no panel."""

    def __init__(
        self, path: Path, cell: Cell, topics: Sequence[RecordedTopic], namespace: str = ''
    ) -> None:
        """Find out which topics there are.

        Args:
            path: of the recording.
            cell: where it was recorded.
            topics: of the file that is looked at.
            namespace: of the robot.
        """
        self._recording, self._cell = Recording(path), cell
        self._names = {topic.name for topic in topics}
        infos = [f'{camera.topic.strip("/")}/camera_info' for camera in cell.cameras]
        sources = [source.topic for source in cell.joint_sources]
        wanted = [*camera_topics(cell), *infos, *sources, *filter(None, _JOINTS.values())]
        wanted += [_STATUS, _DIAGNOSTICS, *_SEEN]
        chosen = choose_topics(path, topics, wanted, namespace)
        self._topics = {name: topic for topic, name in chosen.items()}
        self._configs: dict[str, dict[str, Any]] = {}

    def build(self) -> dict[str, Any]:
        """Return the layout, as the JSON that Foxglove imports."""
        self._configs = {}
        left = [self._add(self._space()), *map(self._add, self._images())]
        right = [self._add(self._joints())]
        below = [self._add(panel) for panel in self._words()]
        sides = _split('row', _stack('column', left), _stack('column', right), 40.0)
        whole = _split('column', sides, _stack('row', below), 75.0) if below else sides
        return {
            'configById': self._configs,
            'globalVariables': {},
            'userNodes': {},
            'playbackConfig': {'speed': 1},
            'layout': whole,
        }

    def _add(self, panel: Panel) -> str:
        kind, config = panel
        name = f'{kind}!{len(self._configs)}'
        self._configs[name] = config
        return name

    def _space(self) -> Panel:
        seen = [self._topics[name].name for name in _SEEN if name in self._topics]
        added = (ROBOT_TOPIC, SCENE_TOPIC, CHUNK_TOPIC)
        seen += [topic for topic in added if topic in self._names]
        for camera in self._cell.cameras:
            info = self._topics.get(f'{camera.topic.strip("/")}/camera_info')
            seen += [info.name] if info else []
        return panels.space(self._cell.robot.model.base_frame, seen)

    def _images(self) -> list[Panel]:
        found = []
        for camera in self._cell.cameras:
            root = camera.topic.strip('/')
            names = (f'{root}/image_raw', f'{root}/image_raw/compressed')
            topic = next((self._topics[name] for name in names if name in self._topics), None)
            info = self._topics.get(f'{root}/camera_info')
            if topic:
                found.append(panels.image(camera.name, topic.name, info.name if info else ''))
        return found

    def _joints(self) -> Panel:
        """Return tabs, one for each group of joints."""
        places = self._places()
        tabs = []
        for group in self._cell.robot.groups:
            joints = [j for j in self._cell.joints if j.name in group.joints]
            plots = []
            for joint in joints:
                lines = [
                    (label, at[joint.name]) for label, at in places.items() if joint.name in at
                ]
                limits = [('lower limit', joint.lower), ('upper limit', joint.upper)]
                lines += [(label, f'{limit:.6f}') for label, limit in limits]
                unit = 'rad' if joint.type == 'revolute' else 'm'
                plots.append(self._add(panels.plot(joint.name, unit, lines)))
            tabs.append({'title': group.name, 'layout': _grid(plots)})
        return 'Tab', {'activeTabIdx': 0, 'tabs': tabs}

    def _places(self) -> Mapping[str, Mapping[str, str]]:
        """Return by label and joint the message path of its position."""
        places: dict[str, dict[str, str]] = {label: {} for label in _JOINTS}
        for source in self._cell.joint_sources:
            if topic := self._topics.get(source.topic):
                for index, name in enumerate(source.names(self._first(topic).name)):
                    places['measured'].setdefault(name, _path(topic, f'position[{index}]'))
        for label, wanted in _JOINTS.items():
            if wanted and (topic := self._topics.get(wanted)):
                for index, name in enumerate(self._first(topic).name):
                    places[label][name] = _path(topic, f'position[{index}]')
        return places

    def _first(self, topic: RecordedTopic) -> Any:
        return decode_message(next(self._recording.messages([topic])))

    def _words(self) -> list[Panel]:
        found = []
        if status := self._topics.get(_STATUS):
            value = 'values[:]{{key=="{}"}}.value'
            lanes = [('verdict and reason', _path(status, 'message'))]
            for label, key in (('state', 'state'), ('human', 'human')):
                lanes.append((label, _path(status, value.format(key))))
            found.append(panels.states(lanes))
        if topic := self._topics.get(_DIAGNOSTICS):
            found.append(panels.diagnostics(topic.name))
        if LOG_TOPIC in self._names:
            found.append(panels.log(LOG_TOPIC))
        return found


def _path(topic: RecordedTopic, field: str) -> str:
    name = topic.name if set(topic.name) <= _PLAIN else f'"{topic.name}"'
    return f'{name}.{field}'


def _split(direction: str, first: Any, second: Any, percent: float) -> dict[str, Any]:
    return {
        'direction': direction,
        'first': first,
        'second': second,
        'splitPercentage': round(percent, 1),
    }


def _stack(direction: str, items: Sequence[Any]) -> Any:
    """Return items side by side, all of one size."""
    first, *rest = items
    return _split(direction, first, _stack(direction, rest), 100 / len(items)) if rest else first


def _grid(items: Sequence[str]) -> Any:
    width = math.ceil(math.sqrt(len(items)))
    rows = [items[k : k + width] for k in range(0, len(items), width)]
    return _stack('column', [_stack('row', row) for row in rows])
