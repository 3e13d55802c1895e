"""What the scripted expert does next: align above an object, come down, close, lift, let go."""

from dataclasses import dataclass

import numpy as np
from vla_contract.values import Vector
from vla_sim_bridge.demonstrations.approach import Approach
from vla_sim_bridge.demonstrations.fingers import Fingers
from vla_sim_bridge.demonstrations.things import Destination

# At the object the tool may be off by half of what remains on either side between open fingers;
# higher up it may be further off, since it converges while it descends.
_ALIGNED_RAD, _FUNNEL = 0.12, 0.2
# How far ahead of the place between the fingers the middle of an object may be that they close on;
# and how far to any side once it is up, since it slips in the fingers of an arm that jerks.
_REACH_M, _SLIPPED_M = 0.008, 0.03
# From this share of closing on, fingers have begun to close.
BEGUN = 0.125
# So much below the height at which an object is carried, it may already move sideways.
_SAG_M = 0.015
# So near, the tool may pass over the object at any height.
_OVER_M = 0.03


@dataclass(frozen=True)
class Scene:
    """What the expert decides on.

    Attributes:
        grip: where between the fingers the object belongs, base frame, shape (3,) [m].
        rotation: of the grasp, shape (3, 3).
        place: of the object that belongs there, base frame, shape (3,) [m].
        yaw_error: turn that brings the fingers along its nearest faces [rad].
        closing: share of the way from open to closed.
        fingers: of the tool.
        approach: to the object.
        destination: where to let it go; None to hold it up.
    """

    grip: Vector
    rotation: Vector
    place: Vector
    yaw_error: float
    closing: float
    fingers: Fingers
    approach: Approach
    destination: Destination | None = None

    @property
    def offset_m(self) -> float:
        """Horizontal distance of the object from where it belongs [m]."""
        return float(np.hypot(*(self.place[:2] - self.grip[:2])))

    @property
    def is_aligned(self) -> bool:
        """Whether the tool may come down."""
        slack = _FUNNEL * max(0.0, float(self.grip[2]) - self.approach.grasp_m)
        return (
            self.offset_m < self.fingers.room_m + slack
            and abs(self.yaw_error) < _ALIGNED_RAD + slack
        )

    @property
    def is_around(self) -> bool:
        """Whether the object is between the fingers."""
        # Seen from the tool, which leans when it lifts what it can hardly reach.
        x, y, ahead = (self.place - self.grip) @ self.rotation
        aside_m, ahead_m = 2 * self.fingers.room_m, _REACH_M
        is_up = self.place[2] > self.approach.grasp_m + _REACH_M
        if is_up and self.closing >= self.fingers.held:
            aside_m, ahead_m = max(aside_m, _SLIPPED_M), _SLIPPED_M
        return bool(np.hypot(x, y) < aside_m and ahead < ahead_m)


def decide(scene: Scene) -> tuple[Vector, bool]:
    """Choose where the place between the fingers goes, and whether they close."""
    place, grip, approach = scene.place, scene.grip, scene.approach
    to = scene.destination
    if to is not None and _is_there(scene, to):
        # Open where it is let go, then move away upwards.
        is_open = scene.closing <= BEGUN
        return np.array([grip[0], grip[1], to.over_m if is_open else grip[2]]), False
    if scene.is_around and (scene.is_aligned or scene.closing > BEGUN):
        if scene.closing < scene.fingers.held:
            return np.array([grip[0], grip[1], grip[2]]), True
        if to is not None:
            return carry(scene, to), True
        return np.array([grip[0], grip[1], approach.lift_m]), True
    if scene.is_aligned:
        return np.array([place[0], place[1], min(place[2], approach.grasp_m)]), False
    clear = grip[2] > approach.clear_m or scene.offset_m < _OVER_M
    over = place[:2] if clear else grip[:2]
    return np.array([over[0], over[1], approach.hover_m]), False


def _is_there(scene: Scene, to: Destination) -> bool:
    """Return whether the object is where it is to be let go."""
    off = scene.place - to.place
    return bool(np.hypot(*off[:2]) < to.near_m and off[2] < to.near_m)


def carry(scene: Scene, to: Destination) -> Vector:
    """Return where the fingers go with the object: up, across, and down."""
    off = to.place - scene.place
    if np.hypot(*off[:2]) < to.near_m:
        return np.asarray(scene.grip + off)
    up_m = to.over_m - scene.place[2]
    if up_m > _SAG_M:
        return np.asarray(scene.grip + [0.0, 0.0, up_m])
    return np.asarray(scene.grip + [off[0], off[1], up_m])
