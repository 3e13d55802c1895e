"""The file of a cell around a robot: a table, a camera that sees the tool at home, a workspace."""

import math
import os
from pathlib import Path

import numpy as np
from vla_contract.cli.yaml_text import flow, number
from vla_contract.deployment.robot import Robot
from vla_contract.values import Vector

_MARGIN_M = 0.005
# Kept between moving links and the table.
_ABOVE_M = 0.002
_FOVY_DEG = 40.0


def cell_text(name: str, robot: str, drafted: Robot, places: 'Places') -> str:
    """Return the YAML of a cell with one robot.

    Args:
        name: of the cell.
        robot: name of the robot, or path of its file from the cell's.
        drafted: the robot.
        places: where its tools get to.
    """
    lower, upper = places.box()
    eye, target = places.camera()
    size, centre = places.table()
    tools = [p.name for p in drafted.geometry.control_points if p.name.endswith('tool')]
    box = {'name': 'reach', 'lower': lower, 'upper': upper, 'points': tools}
    return f"""\
# {name}, drafted by `vla draft cell` around {drafted.name}: measure the table, the camera and the
# space that is free, and write them here. The table's top is z = 0.
schema: 1
name: {flow(name)}

robots:
  - {{robot: {flow(robot)}{places.stand()}}}

cameras:
  - name: top
    topic: camera/color
    frame: camera_color_optical_frame
    width: 384              # [px]
    height: 384             # [px]
    rate_hz: 15.0
    encoding: rgb8
    placement: {{eye_m: {flow(eye)}, target_m: {flow(target)}, fovy_deg: {number(_FOVY_DEG)}}}

workspace:                  # Cartesian limits, base frame
  speed: {number(places.speed(), 2)}                # fastest control point [m/s]
  deceleration: 2.0         # with which a point brakes before a limit [m/s2]
  margin: {number(_MARGIN_M)}             # kept from boxes and planes [m]
  clearance: 0.02           # kept between links [m]
  boxes:
    - {flow(box)}
  planes:
    - {{name: table, point: [0.0, 0.0, 0.0], normal: [0.0, 0.0, 1.0]}}

deadlines:                  # oldest input that still counts [s]
  image_age_s: 0.5          # seven frames at 15 Hz
  joint_state_age_s: 0.2    # twenty samples at 100 Hz; absorbs scheduling on a loaded machine
  chunk_age_s: 1.5          # 0.8 s of execution, one missed inference, and its latency

table:                      # its top is z = 0
  size_m: {flow(size)}
  centre_m: {flow(centre)}
  rgba: [0.62, 0.52, 0.40, 1.0]
"""


class Places:
    """Where the tools of a robot are at home, and how far they get."""

    def __init__(self, home: Vector, reached: Vector, lowest_m: float) -> None:
        """Keep the places, in the base frame.

        Args:
            home: of each tool, shape (tools, 3) [m].
            reached: by any tool in many poses, shape (n, 3) [m].
            lowest_m: lowest point of the first links of the arms [m].
        """
        # An arm that hangs below its base needs a stand.
        self._stand_m = 0.0 if lowest_m > _ABOVE_M else round(_ABOVE_M - lowest_m, 2) + 0.01
        up = np.array([0.0, 0.0, self._stand_m])
        self._home, self._reached = home + up, reached + up
        self._middle = self._home.mean(axis=0)

    def stand(self) -> str:
        """Return where the robot stands, for its line in the cell; '' for on the table."""
        return f', position_m: {flow([0.0, 0.0, self._stand_m])}' if self._stand_m else ''

    def box(self) -> tuple[list[float], list[float]]:
        """Return a box that holds what the tools reach above the table, a little beyond home."""
        far = np.abs(self._reached - self._middle).max(axis=0)
        half = np.maximum(0.75 * far, np.ptp(self._home, axis=0) / 2 + 0.1)
        lower, upper = self._middle - half, self._middle + half
        # The space behind the base is for people and cables.
        ahead = int(np.argmax(np.abs(self._middle[:2])))
        if abs(self._middle[ahead]) > 0.1:
            sign = math.copysign(1.0, self._middle[ahead])
            near = 0.3 * abs(self._middle[ahead]) * sign
            lower[ahead], upper[ahead] = sorted((near, self._middle[ahead] + sign * half[ahead]))
        lower[2] = 0.0
        return lower.round(2).tolist(), upper.round(2).tolist()

    def camera(self) -> tuple[list[float], list[float]]:
        """Return eye and target of a camera in front of the robot that sees the tools at home."""
        ahead = self._middle * [1.0, 1.0, 0.0]
        length = float(np.linalg.norm(ahead))
        away = ahead / length if length > 0.05 else np.array([1.0, 0.0, 0.0])
        width = float(np.ptp(self._home, axis=0).max())
        back = max(0.45, 0.8 * length, 1.4 * width)
        target = self._middle * [1.0, 1.0, 0.7]
        eye = target + back * away + [0.0, 0.0, 0.75 * back]
        return eye.round(2).tolist(), target.round(2).tolist()

    def table(self) -> tuple[list[float], list[float]]:
        """Return size and centre of a table under what the tools reach."""
        lower, upper = (np.array(corner) for corner in self.box())
        size = np.maximum(upper - lower + 0.2, 0.4)
        centre = (upper + lower) / 2
        return [*size[:2].round(2).tolist(), 0.05], centre[:2].round(2).tolist()

    def speed(self) -> float:
        """Return how fast a point may go: across its reach in a second, 1 m/s at most [m/s]."""
        return float(np.clip(np.ptp(self._reached, axis=0).max() / 2, 0.25, 1.0))


def file_name(robot: str, cell: Path) -> str:
    """Return how a cell's file names a robot: by name, or by the path from its own folder."""
    if '/' not in robot and not robot.endswith('.yaml'):
        return robot
    return os.path.relpath(Path(robot).resolve(), cell.resolve().parent)
