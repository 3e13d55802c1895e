"""The panels of a layout of Foxglove, as it exports them."""

from collections.abc import Iterable, Sequence
from typing import Any

Panel = tuple[str, dict[str, Any]]
"""Its kind, and its settings."""

_COLOURS = {
    'measured': '#1b9e77', 'desired': '#d98a2e', 'sent': '#3b82d6',
    'lower limit': '#c22727', 'upper limit': '#c22727',
}  # fmt: skip


def plot(title: str, unit: str, series: Iterable[tuple[str, str]]) -> Panel:
    """Return curves over time.

    Args:
        title: of the panel.
        unit: of all values.
        series: label and message path of each; a path that is a number is a level line.
    """
    paths = [
        {
            'label': label,
            'value': value,
            'enabled': True,
            # When it was measured or is due, and not when it arrived.
            'timestampMethod': 'headerStamp',
            'color': _COLOURS[label],
            'lineSize': 1.5,
        }
        for label, value in series
    ]
    return 'Plot', {
        'foxglovePanelTitle': f'{title} [{unit}]',
        'paths': paths,
        'xAxisVal': 'timestamp',
        'showLegend': True,
        'legendDisplay': 'floating',
        'showPlotValuesInLegend': False,
        'showXAxisLabels': True,
        'showYAxisLabels': True,
        'isSynced': True,
    }


def image(name: str, topic: str, calibration: str) -> Panel:
    """Return a camera's images; its intrinsics where they were recorded."""
    mode = {'imageTopic': topic, **({'calibrationTopic': calibration} if calibration else {})}
    return 'Image', {'foxglovePanelTitle': name, 'imageMode': mode}


def space(frame: str, topics: Sequence[str]) -> Panel:
    """Return a view of the robot from 1.9 m away, in its base frame."""
    return '3D', {
        'foxglovePanelTitle': 'robot',
        'followTf': frame,
        'followMode': 'follow-pose',
        'cameraState': {
            'perspective': True,
            'distance': 1.9,
            'phi': 65.0,
            'thetaOffset': 45.0,
            'targetOffset': [0.35, 0.0, 0.3],
            'target': [0.0, 0.0, 0.0],
            'targetOrientation': [0.0, 0.0, 0.0, 1.0],
            'fovy': 45.0,
            'near': 0.01,
            'far': 100.0,
        },
        'scene': {'transforms': {'visible': False}},
        'topics': {topic: {'visible': True} for topic in topics},
        'layers': {
            'grid': {
                'visible': True,
                'label': 'Grid',
                'instanceId': 'grid',
                'layerId': 'foxglove.Grid',
                'size': 3,
                'divisions': 12,
                'lineWidth': 1,
                'color': '#80808040',
                'position': [0, 0, 0],
                'rotation': [0, 0, 0],
                'frameId': frame,
            }
        },
    }


def states(paths: Iterable[tuple[str, str]]) -> Panel:
    """Return lanes, each with a label and the path of what it shows."""
    lanes = [
        {'label': label, 'value': value, 'enabled': True, 'timestampMethod': 'receiveTime'}
        for label, value in paths
    ]
    return 'StateTransitions', {
        'foxglovePanelTitle': 'action filter',
        'paths': lanes,
        'isSynced': True,
    }


def diagnostics(topic: str) -> Panel:
    """Return what the nodes say of their health."""
    return 'DiagnosticSummary', {
        'minLevel': 0,
        'pinnedIds': [],
        'hardwareIdFilter': '',
        'topicToRender': topic,
        'sortByLevel': True,
    }


def log(topic: str) -> Panel:
    """Return what was said."""
    return 'RosOut', {'searchTerms': [], 'minLogLevel': 1, 'topicToRender': topic}
