"""What the scripted expert does next: align above the cube, come down, close, lift."""

from dataclasses import dataclass

import numpy as np
from vla_contract.values import Vector
from vla_sim_bridge.demonstrations.approach import Approach
from vla_sim_bridge.demonstrations.fingers import Fingers

# At the cube the tool may be off by half of what remains on either side between open fingers;
# higher up it may be further off, since it converges while it descends.
_ALIGNED_RAD, _FUNNEL = 0.12, 0.2
# How far ahead of the place between the fingers the middle of a cube may be that they close on;
# and how far to any side once it is up, since it slips in the fingers of an arm that jerks.
_REACH_M, _SLIPPED_M = 0.008, 0.03
# From this share of closing on, fingers have begun to close.
_BEGUN = 0.125
# So near, the tool may pass over the cube at any height.
_OVER_M = 0.03


@dataclass(frozen=True)
class Scene:
    """What the expert decides on.

    Attributes:
        grip: where between the fingers the cube belongs, base frame, shape (3,) [m].
        rotation: of the grasp, shape (3, 3).
        cube: middle of the cube, base frame, shape (3,) [m].
        yaw_error: turn that brings the fingers along the cube's nearest faces [rad].
        closing: share of the way from open to closed.
        fingers: of the tool.
        approach: to the cube.
    """

    grip: Vector
    rotation: Vector
    cube: Vector
    yaw_error: float
    closing: float
    fingers: Fingers
    approach: Approach

    @property
    def offset_m(self) -> float:
        """Horizontal distance of the cube from where it belongs [m]."""
        return float(np.hypot(*(self.cube[:2] - self.grip[:2])))

    @property
    def is_aligned(self) -> bool:
        """Whether the tool may come down."""
        slack = _FUNNEL * max(0.0, float(self.grip[2]) - self.approach.grasp_m)
        return (
            self.offset_m < self.fingers.room_m + slack
            and abs(self.yaw_error) < _ALIGNED_RAD + slack
        )

    @property
    def is_around_cube(self) -> bool:
        """Whether the cube is between the fingers."""
        # Seen from the tool, which leans when it lifts what it can hardly reach.
        x, y, ahead = (self.cube - self.grip) @ self.rotation
        aside_m, ahead_m = 2 * self.fingers.room_m, _REACH_M
        is_up = self.cube[2] > self.approach.grasp_m + _REACH_M
        if is_up and self.closing >= self.fingers.held:
            aside_m, ahead_m = max(aside_m, _SLIPPED_M), _SLIPPED_M
        return bool(np.hypot(x, y) < aside_m and ahead < ahead_m)


def decide(scene: Scene) -> tuple[Vector, bool]:
    """Choose where the place between the fingers goes, and whether they close."""
    cube, grip, approach = scene.cube, scene.grip, scene.approach
    if scene.is_around_cube and (scene.is_aligned or scene.closing > _BEGUN):
        grasped = scene.closing >= scene.fingers.held
        height = approach.lift_m if grasped else grip[2]
        return np.array([grip[0], grip[1], height]), True
    if scene.is_aligned:
        return np.array([cube[0], cube[1], min(cube[2], approach.grasp_m)]), False
    clear = grip[2] > approach.clear_m or scene.offset_m < _OVER_M
    over = cube[:2] if clear else grip[:2]
    return np.array([over[0], over[1], approach.hover_m]), False
