"""A gripper around a cube: how far it is closed, and where between its pads the cube belongs."""

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.robot import Joint
from vla_contract.errors import PolicyError
from vla_contract.values import Vector
from vla_sim_bridge.demonstrations.pads import measured_faces, PadFaces, parallel_faces
from vla_sim_bridge.physics.kinematics import ArmKinematics

# Fingers whose middle stays so near to the tool's point are taken to close by the same on both
# sides, by as much as the robot's file says.
_CENTRED_M = 0.003
# A jaw that stays is brought down so far beside the cube, which the other jaw then pushes to it.
_BESIDE_M = 0.012
# How much less than the cube firm fingers are apart, and how much more still counts as holding:
# linkages that are not linear read it as a bit more or less than it is.
_SQUEEZE_M, _LOOSE_M = 0.003, 0.0046


class Fingers:
    """The gripper joint as a share of the way from open, 0, to closed, 1.

    Attributes:
        room_m: half of what remains between the cube, in its place, and the nearer open pad [m].
        met: share at which the pads meet the cube.
        held: share from which they hold it.
    """

    def __init__(self, joint: Joint, faces: PadFaces, edge_m: float) -> None:
        """Prepare for a cube of this edge [m].

        Args:
            joint: of the gripper.
            faces: of its pads; apart by more than the edge when open.
            edge_m: edge of the cube [m].
        """
        self._open, self._way = joint.open, joint.closed - joint.open
        self._faces, half = faces, edge_m / 2
        self.met, self.held = (
            self._share_at(width) for width in (edge_m - _SQUEEZE_M, edge_m + _LOOSE_M)
        )
        grasped = self._middle(self._share_at(edge_m))
        low, high = faces.low[0] + half, faces.high[0] - half
        beside = min((high - low) / 2, _BESIDE_M)
        begin = float(np.clip(grasped, low + beside, high - beside))
        self.room_m = min(begin - low, high - begin) / 2
        # A closing jaw takes the cube along.
        pushed = np.maximum(np.minimum(begin, faces.high - half), faces.low + half)
        is_free = faces.high - faces.low >= edge_m
        self._places = np.where(is_free, pushed, grasped)

    def closing(self, position: float) -> float:
        """Return the share of a joint position [rad or m]."""
        return float(position - self._open) / self._way

    def position(self, closing: float) -> float:
        """Return the joint position of a share [rad or m]."""
        return self._open + closing * self._way

    def place_m(self, closing: float) -> float:
        """Return where the cube's middle belongs, along y of the grasp from the tool's point."""
        return float(np.interp(closing, self._faces.closing, self._places))

    def _share_at(self, width_m: float) -> float:
        width = self._faces.high - self._faces.low
        return float(np.interp(-width_m, -width, self._faces.closing))

    def _middle(self, closing: float) -> float:
        middle: Vector = (self._faces.low + self._faces.high) / 2
        return float(np.interp(closing, self._faces.closing, middle))


def fingers_around(cell: Cell, kinematics: ArmKinematics, edge_m: float) -> tuple[int, Fingers]:
    """Return the gripper joint's index in the cell's order, and the fingers around a cube.

    Raises:
        PolicyError: the tool has no gripper, or it does not open wide enough.
    """
    gripper = cell.robot.gripper_of(kinematics.tool)
    if gripper is None:
        raise PolicyError(f'backend scripted needs a gripper; cell {cell.name} has none')
    joint = cell.joints[gripper]
    measured = measured_faces(kinematics, cell, edge_m / 2)
    is_swinging = measured is not None and not _is_centred(measured, edge_m)
    faces = measured if measured and is_swinging else parallel_faces(joint.opening_m)
    opening_m = min(joint.opening_m, float(faces.high[0] - faces.low[0]))
    needed_m = edge_m + _LOOSE_M
    if opening_m <= needed_m:
        raise PolicyError(
            f'backend scripted: gripper {joint.name} of cell {cell.name}: opening_m: '
            f'found {opening_m:g}; allowed: more than {needed_m:g}'
        )
    return gripper, Fingers(joint, faces, edge_m)


def _is_centred(faces: PadFaces, edge_m: float) -> bool:
    """Whether the middle stays at the tool's point, from open until the pads meet the cube."""
    wide = faces.high - faces.low >= edge_m
    middles = np.abs(faces.low + faces.high)[wide] / 2
    return bool((middles < _CENTRED_M).all())
