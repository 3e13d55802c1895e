"""The tool of an arm: a frame of the description where one is right, else one put there."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
import re

import mujoco
import numpy as np
from vla_contract import so3
from vla_contract.values import Vector
from vla_sim_bridge.drafting.hands.arms import Arm
from vla_sim_bridge.drafting.hands.fingers import Grasp
from vla_sim_bridge.drafting.kinematics.joint_tree import JointTree
from vla_sim_bridge.drafting.kinematics.posture import Posture
from vla_sim_bridge.drafting.kinematics.surface import points_of_bodies

# Names of tool frames and flanges, the likeliest first.
_NAMES = re.compile(
    r'(?P<tcp>tcp|grasp|grip_site|gripperframe|gripper_frame|pinch|control_point|fingertip)'
    r'|(?P<tool>tool0|tool|eef|ee_link|ee_frame|end_effector|\bee\b)'
    r'|(?P<flange>attachment|flange|hand|center)',
    re.IGNORECASE,
)
_ORDER = ('tcp', 'tool', 'flange')
# Farther from where the fingers meet, a frame is meant for something else.
_NEAR_M = 0.03
# The axes of a maker's frame are truer than what the shape of fingers shows.
_ALIGNED = np.cos(np.deg2rad(10.0))
_AXES = ('x', 'y', 'z')


@dataclass(frozen=True)
class ToolFrame:
    """Where a tool is, as a robot's file says it.

    Attributes:
        frame: name of the frame.
        site: of the model, '' where a body is meant.
        body: of the model, '' where a site is meant.
        carrier: body that the frame is fixed to.
        position: of the frame on the carrier, shape (3,) [m].
        rotation: of the frame on the carrier, shape (3, 3).
        approach: axis of the frame that points at the object, such as z or -x.
        closing: axis along which fingers close.
    """

    frame: str
    site: str
    body: str
    carrier: int
    position: Vector
    rotation: Vector
    approach: str = 'z'
    closing: str = 'y'

    @property
    def rpy_deg(self) -> Vector:
        """Rotation about fixed x, y, z [deg]."""
        angles: Vector = so3.Rotation.from_matrix(self.rotation).as_euler('xyz', degrees=True)
        return angles

    def moved(self, model: mujoco.MjModel, offset: Vector) -> 'ToolFrame':
        """Return the tool at an offset in its own frame, shape (3,) [m]; a body carries it."""
        position = self.position + self.rotation @ offset
        body = model.body(self.carrier).name
        return replace(self, site='', body=body, position=position)


@dataclass(frozen=True)
class _Candidate:
    kind: int
    frame: ToolFrame


def find_tool(
    tree: JointTree, arm: Arm, posture: Posture, grasp: Grasp | None, tip: str = ''
) -> ToolFrame:
    """Return the tool of an arm.

    Args:
        tree: joints of the model.
        arm: that carries it.
        posture: of the model.
        grasp: of its fingers; None for a flange.
        tip: body to take, whatever its name; '' to look for one.
    """
    candidates = sorted(_candidates(tree, arm, tip), key=lambda c: c.kind)
    if grasp is not None:
        palm, rotation = posture.pose(grasp.palm)
        centre = rotation @ grasp.centre + palm
        near = [c for c in candidates if tip or _distance(posture, c.frame, centre) < _NEAR_M]
        directions = rotation @ grasp.approach, rotation @ grasp.closing
        if near:
            return _with_axes(near[0].frame, posture, *directions)
        axes = _snapped(np.column_stack([np.cross(grasp.closing, grasp.approach),
                                         grasp.closing, grasp.approach]))  # fmt: skip
        body = tree.model.body(grasp.palm).name
        return ToolFrame('tool', '', body, grasp.palm, grasp.centre, axes)
    chosen = candidates[0].frame if candidates else _end(tree, arm)
    approach = _outwards(tree, arm, posture, chosen)
    sideways = np.eye(3)[np.argmin(np.abs(approach))]
    closing = np.cross(approach, np.cross(sideways, approach))
    return _with_axes(chosen, posture, approach, closing / np.linalg.norm(closing))


def place_of(posture: Posture, tool: ToolFrame) -> tuple[Vector, Vector]:
    """Return position (3,) [m] and rotation (3, 3) of a tool in the base frame."""
    position, rotation = posture.pose(tool.carrier)
    return position + rotation @ tool.position, rotation @ tool.rotation


def axis_of(tool: ToolFrame, name: str) -> Vector:
    """Return an axis of the tool by its name, in its own frame, shape (3,)."""
    sign = -1.0 if name.startswith('-') else 1.0
    axis: Vector = sign * np.eye(3)[_AXES.index(name[-1])]
    return axis


def _candidates(tree: JointTree, arm: Arm, tip: str) -> Iterator[_Candidate]:
    """Yield frames with a telling name on what the last joint carries."""
    model = tree.model
    link = tree.link(arm.joints[-1])
    for body in link:
        name = model.body(body).name
        found = _NAMES.search(name.rsplit('/', 1)[-1])
        if name == tip or (found and body != link[0] and not tip):
            kind = 0 if name == tip else _ORDER.index(str(found and found.lastgroup))
            frame = ToolFrame(_short(name), '', name, body, np.zeros(3), np.eye(3))
            yield _Candidate(kind, frame)
    for site in range(model.nsite):
        name = model.site(site).name
        found = _NAMES.search(name.rsplit('/', 1)[-1])
        if found and not tip and int(model.site_bodyid[site]) in link:
            rotation = so3.Rotation.from_quat(np.roll(model.site_quat[site], -1)).as_matrix()
            body, position = int(model.site_bodyid[site]), model.site_pos[site].copy()
            frame = ToolFrame(_short(name), name, '', body, position, rotation)
            yield _Candidate(_ORDER.index(str(found.lastgroup)), frame)


def _end(tree: JointTree, arm: Arm) -> ToolFrame:
    body = tree.link(arm.joints[-1])[-1]
    name = tree.model.body(body).name
    return ToolFrame(_short(name), '', name, body, np.zeros(3), np.eye(3))


def _outwards(tree: JointTree, arm: Arm, posture: Posture, tool: ToolFrame) -> Vector:
    """Return the axis of the last joint, away from what carries it, in the base frame."""
    last, before = arm.joints[-1], arm.joints[-2]
    axis = posture.axis(last)
    link = points_of_bodies(posture.model, posture.data, tree.link(last))
    ends = [place_of(posture, tool)[0], *([link.mean(axis=0)] if len(link) else [])]
    for end, start in ((ends[0], posture.anchor(before)), (ends[-1], posture.anchor(last))):
        along = float((end - start) @ axis)
        if abs(along) > 5e-3:
            return float(np.sign(along)) * axis
    return axis


def _with_axes(tool: ToolFrame, posture: Posture, approach: Vector, closing: Vector) -> ToolFrame:
    """Name the tool's axes along two directions; turn a frame of our own where none is."""
    _, rotation = place_of(posture, tool)
    named = []
    for direction in (approach, closing):
        local = rotation.T @ direction
        axis = int(np.argmax(np.abs(local)))
        if abs(local[axis]) < _ALIGNED:
            break
        named.append(('-' if local[axis] < 0 else '') + _AXES[axis])
    if len(named) == 2:
        # Fingers close along either direction.
        closing_axis = named[1].lstrip('-')
        return ToolFrame(tool.frame, tool.site, tool.body, tool.carrier, tool.position,
                         tool.rotation, named[0], closing_axis)  # fmt: skip
    wanted = np.column_stack([np.cross(closing, approach), closing, approach])
    _, carrier = posture.pose(tool.carrier)
    body = posture.model.body(tool.carrier).name
    turned = _snapped(carrier.T @ wanted)
    return ToolFrame(tool.frame, '', body, tool.carrier, tool.position, turned)


def _distance(posture: Posture, tool: ToolFrame, centre: Vector) -> float:
    return float(np.linalg.norm(place_of(posture, tool)[0] - centre))


def _snapped(rotation: Vector) -> Vector:
    """Return the rotation along the axes of its parent where it is within 10 degrees of them."""
    nearest = np.round(rotation)
    is_near = np.all(np.sum(nearest * rotation, axis=0) > _ALIGNED)
    is_rotation = np.isclose(np.linalg.det(nearest), 1.0)
    return nearest if is_near and is_rotation else rotation


def _short(name: str) -> str:
    return name.replace('/', '_') or 'tool'
