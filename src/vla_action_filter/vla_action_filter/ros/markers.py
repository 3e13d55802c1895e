"""What rviz shows of the filter: workspace, plan, path, limited points and the reason."""

from collections import deque
from collections.abc import Iterable

from geometry_msgs.msg import Point
import numpy as np
from rclpy.node import Node
from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import Marker, MarkerArray
from vla_action_filter.verdict import FilterResult
from vla_contract.deployment.cell import Cell
from vla_contract.filter_status import Verdict
from vla_contract.kinematics.workspace_kinematics import WorkspaceKinematics
from vla_contract.ros.messages.stamps import to_time
from vla_contract.ros.qos import STATE
from vla_contract.values import ActionChunk, Vector

_GREY, _BLUE, _ORANGE, _RED = (
    ColorRGBA(r=r, g=g, b=b, a=a)
    for r, g, b, a in ((0.6, 0.6, 0.6, 0.6), (0.1, 0.4, 1.0, 0.9), (1.0, 0.5, 0.0, 0.9),
                       (0.9, 0.1, 0.1, 0.8))
)  # fmt: skip
_COLOURS = {Verdict.PASS: _BLUE, Verdict.CLAMP: _ORANGE}
# Two seconds at the ten hertz of the markers.
_PATH_POINTS = 20
_CORNERS = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)])
_EDGES = [
    (i, j) for i in range(8) for j in range(i) if np.abs(_CORNERS[i] - _CORNERS[j]).sum() == 1
]


class MarkerPublisher:
    """Publishes rollout_markers for whoever subscribes; the first control point is the tool."""

    def __init__(self, node: Node, cell: Cell) -> None:
        """Create the publisher on a node.

        Raises:
            ContractError: the model for the kinematics cannot be used.
        """
        self._publisher = node.create_publisher(MarkerArray, 'rollout_markers', STATE)
        self._frame = cell.robot.model.base_frame
        self._workspace = cell.workspace
        self._control_points = cell.geometry.control_points
        self._arm = np.array(cell.arm)
        # Its own kinematics: drawing must not move those that the limits are computed with.
        self._kinematics = WorkspaceKinematics(cell) if cell.robot.model.is_given else None
        self._path: deque[Vector] = deque(maxlen=_PATH_POINTS)

    @property
    def is_watched(self) -> bool:
        """Whether anybody looks; drawing costs time that the filter's loop has better use for."""
        return self._publisher.get_subscription_count() > 0

    def publish(self, now_ns: int, result: FilterResult, chunk: ActionChunk | None) -> None:
        """Publish the picture of one cycle."""
        points: Vector = np.empty((0, 3))
        if result.command is not None and self._kinematics is not None:
            points = self._kinematics.positions(result.command[self._arm])
            if len(points):
                self._path.append(points[0].copy())
        markers = self._zones()
        markers.append(self._line('chunk', self._chunk_path(chunk), _GREY))
        markers.append(self._line('filtered', self._path, _COLOURS.get(result.verdict, _RED)))
        markers.append(self._limited(points, result))
        markers.append(self._text(points, result))
        stamp = to_time(now_ns)
        for marker in markers:
            marker.header.stamp, marker.header.frame_id = stamp, self._frame
            marker.pose.orientation.w = 1.0
        self._publisher.publish(MarkerArray(markers=markers))

    def _zones(self) -> list[Marker]:
        markers = []
        for k, box in enumerate(self._workspace.boxes):
            corners = np.array(box.lower) + _CORNERS * (np.array(box.upper) - box.lower)
            edges = [corner for i, j in _EDGES for corner in (corners[i], corners[j])]
            markers.append(_marker('workspace', Marker.LINE_LIST, _GREY, 0.004, edges, k))
        return markers

    def _chunk_path(self, chunk: ActionChunk | None) -> list[Vector]:
        if chunk is None or self._kinematics is None or not self._control_points:
            return []
        return [self._kinematics.positions(q[self._arm])[0].copy() for q in chunk.positions]

    def _line(self, name: str, points: Iterable[Vector], colour: ColorRGBA) -> Marker:
        return _marker(name, Marker.LINE_STRIP, colour, 0.006, points)

    def _limited(self, points: Vector, result: FilterResult) -> Marker:
        """Draw the control points that a wall or the speed limit holds back."""
        names = {word for reason in result.reasons for word in reason.split()}
        shown = [
            place
            for place, point in zip(points, self._control_points, strict=False)
            if point.name in names
        ]
        return _marker('limited', Marker.SPHERE_LIST, _RED, 0.05, shown)

    def _text(self, points: Vector, result: FilterResult) -> Marker:
        colour = _COLOURS.get(result.verdict, _RED)
        marker = _marker('reason', Marker.TEXT_VIEW_FACING, colour, 0.05, ())
        marker.text = ': '.join([result.state.value, *result.reasons[:1]])
        x, y, z = points[0] if len(points) else (0.0, 0.0, 0.5)
        marker.pose.position = Point(x=float(x), y=float(y), z=float(z) + 0.15)
        return marker


def _marker(
    name: str, kind: int, colour: ColorRGBA, size: float, points: Iterable[Vector], number: int = 0
) -> Marker:
    marker = Marker(ns=name, id=number, type=kind, color=colour)
    marker.scale.x = marker.scale.y = marker.scale.z = size
    marker.points = [Point(x=float(x), y=float(y), z=float(z)) for x, y, z in points]
    # A list without points is an error in rviz; removing it leaves nothing stale on the screen.
    is_empty = not marker.points and kind != Marker.TEXT_VIEW_FACING
    marker.action = Marker.DELETE if is_empty else Marker.ADD
    return marker
