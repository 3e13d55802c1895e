"""One arm with its gripper: what it sees, one step towards a place, and what comes of it."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from vla_contract.deployment.deployment import Deployment
from vla_contract.values import Vector
from vla_sim_bridge.demonstrations.approach import (
    about_z,
    Approach,
    Approaches,
    DOWN,
    tool_yaw,
    turned_towards,
    Want,
)
from vla_sim_bridge.demonstrations.decision import Scene
from vla_sim_bridge.demonstrations.fingers import Fingers, fingers_around
from vla_sim_bridge.demonstrations.grasp import Grasp
from vla_sim_bridge.demonstrations.things import Destination
from vla_sim_bridge.physics.kinematics import ArmKinematics

# Largest speeds of the tool.
_SPEED_M_S, _SPEED_RAD_S = 0.45, 2.5
# So fast may the tool turn about the first joint's axis as it stands at home: small arms need more
# speed of every joint for the same speed of their tool, and longer to brake from it.
_SPEED_ABOUT_AXIS_RAD_S = 1.6
# Fingers close by at least this share of the way per second, or this share of what their joint's
# top speed lets them, until the pads meet the object.
_CLOSING_PER_S, _OF_TOP_SPEED = 1.875, 0.75
# Share of a commanded step that servos do not cover in a tenth of a second.
_LAG = 0.4


class Hand:
    """An arm with the gripper of one tool.

    Attributes:
        arm: indices of its joints in the cell's order, shape (n,).
        gripper: index of the gripper's joint in the cell's order.
    """

    def __init__(
        self, deployment: Deployment, kinematics: ArmKinematics, widths: Iterable[float]
    ) -> None:
        """Prepare to hold objects.

        Args:
            deployment: the cell, and the rate of the steps.
            kinematics: of the arm with the tool.
            widths: of all that will be between the fingers [m].

        Raises:
            PolicyError: the tool has no gripper, or it is too small for an object.
        """
        cell, rate_hz = deployment.cell, deployment.policy.rate_hz
        self._kinematics = kinematics
        self.arm = np.array(kinematics.arm)
        found = {width: fingers_around(cell, kinematics, width) for width in sorted(set(widths))}
        self._fingers = {width: fingers for width, (_, fingers) in found.items()}
        self.gripper = next(gripper for gripper, _ in found.values())
        self._approaches = Approaches(kinematics)
        self._home_m, rotation = kinematics.tool_pose(kinematics.home)
        self._home_yaw = tool_yaw(rotation)
        radius_m = float(np.hypot(*(self._home_m[:2] - kinematics.axis_m)))
        self._step_m = min(_SPEED_M_S, _SPEED_ABOUT_AXIS_RAD_S * radius_m) / rate_hz
        self._step_rad = _SPEED_RAD_S / rate_hz
        joint = cell.joints[self.gripper]
        top_per_s = joint.velocity / abs(joint.closed - joint.open)
        self._closing = min(_CLOSING_PER_S, _OF_TOP_SPEED * top_per_s) / rate_hz
        self._followed = 1.0 - _LAG ** (10.0 / rate_hz)

    def fingers(self, grasp: Grasp) -> Fingers:
        """Return the fingers around what a grasp takes."""
        return self._fingers[grasp.width_m]

    def approach(self, place: Vector, yaw: float | None, want: Want) -> Approach:
        """Return how the arm comes down to a place, shape (3,) [m]; see `Approaches.to`."""
        place_m = self.fingers(want.grasp).place_m(0.0)
        return self._approaches.to(place[:2], yaw, place_m, want)

    def scene(
        self,
        state: Vector,
        grasp: Grasp,
        place: Vector,
        yaw: float | None,
        approach: Approach,
        destination: Destination | None = None,
    ) -> Scene:
        """Return what is decided on.

        Args:
            state: joints, the cell's order, shape (D,).
            grasp: of the object.
            place: of it that belongs between the fingers, base frame, shape (3,) [m].
            yaw: of a tool's x axis that grasps it [rad]; None: any.
            approach: to the object.
            destination: where to let it go; None to hold it up.
        """
        fingers = self.fingers(grasp)
        grip, rotation, closing = self._grip(state, fingers)
        level = approach.R_lean.T @ rotation
        turn = 0.0 if yaw is None else grasp.turn(tool_yaw(level), yaw, self._home_yaw)
        return Scene(grip, rotation, place, turn, closing, fingers, approach, destination)

    def move(self, command: Vector, scene: Scene, target: Vector, closed: bool) -> None:
        """Write the arm's next step and its gripper's into a command that has the joints now.

        Args:
            command: the cell's order, shape (D,).
            scene: of the joints now.
            target: where the place between the fingers goes, shape (3,) [m].
            closed: whether the fingers close.
        """
        command[self.arm] = self._step(command[self.arm], target, scene)
        command[self.gripper] = scene.fingers.position(float(closed))

    def homewards(self, scene: Scene) -> tuple[Scene, Vector]:
        """Return the scene of a hand that has nothing to take, and where it goes: home."""
        level = scene.approach.R_lean.T @ scene.rotation
        turn = float(np.angle(np.exp(1j * (self._home_yaw - tool_yaw(level)))))
        home = self._home_m + scene.fingers.place_m(scene.closing) * scene.rotation[:, 1]
        return replace(scene, yaw_error=turn), home

    def later(self, state: Vector, command: Vector, scene: Scene, closed: bool) -> Vector:
        """Predict the joints one step later: servos lag, the fingers stop at the object.

        Args:
            state: joints, the cell's order, shape (D,).
            command: of this step, likewise.
            scene: of the state.
            closed: whether the fingers close.
        """
        after: Vector = state + self._followed * (command - state)
        fingers = scene.fingers
        closing = min(fingers.closing(state[self.gripper]) + self._closing, fingers.met)
        after[self.gripper] = fingers.position(closing if closed else 0.0)
        return after

    def carried(self, before: Scene, state: Vector) -> Vector:
        """Predict the object after a step of closing fingers: pushed by a jaw, or carried."""
        fingers = before.fingers
        grip, rotation, closing = self._grip(state, fingers)
        if closing >= fingers.held:
            return np.asarray(before.place + grip - before.grip)
        pushed_m = fingers.place_m(closing) - fingers.place_m(before.closing)
        return np.asarray(before.place + pushed_m * rotation[:, 1])

    def _step(self, arm: Vector, target: Vector, scene: Scene) -> Vector:
        R_lean, grip, rotation = scene.approach.R_lean, scene.grip, scene.rotation
        delta = target - grip
        distance = float(np.linalg.norm(delta))
        delta *= min(1.0, self._step_m / max(distance, 1e-9))
        turn = float(np.clip(scene.yaw_error, -self._step_rad, self._step_rad))
        wanted = R_lean @ about_z(tool_yaw(R_lean.T @ rotation) + turn) @ DOWN
        if scene.approach.is_leaning:
            wanted = turned_towards(rotation, wanted)
        place_m = scene.fingers.place_m(scene.closing)
        return self._kinematics.step_towards(arm, grip + delta - place_m * wanted[:, 1], wanted)

    def _grip(self, state: Vector, fingers: Fingers) -> tuple[Vector, Vector, float]:
        """Return where objects belong, (3,) [m], rotation of the grasp, (3, 3), and closing."""
        tool, rotation = self._kinematics.tool_pose(state[self.arm])
        closing = fingers.closing(state[self.gripper])
        grip: Vector = tool + fingers.place_m(closing) * rotation[:, 1]
        return grip, rotation, closing
