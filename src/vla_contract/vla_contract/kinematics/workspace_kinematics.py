"""Where control points and links are, and how they move with the joints: pinocchio and coal."""

from typing import Any

import coal
import numpy as np
import pinocchio
from vla_contract.deployment.cell import Cell
from vla_contract.kinematics.arm_model import arm_order, body_frame, load_arm_model
from vla_contract.values import Vector


class WorkspaceKinematics:
    """Forward kinematics and Jacobians of the cell's control points and capsules.

    Fingers and other joints that the cell's arm does not command stay where the model has
    them. Everything is in the base frame.
    """

    def __init__(self, cell: Cell) -> None:
        """Load the cell's model.

        Raises:
            ResourceNotFoundError: the model's package or file is missing.
            ContractError: pinocchio cannot read the file, or it lacks a joint or body.
        """
        model = load_arm_model(cell)
        order = arm_order(model, cell)
        # A slice makes views where a list of indices makes copies.
        self._order: Any = slice(None) if order == sorted(order) else order
        self._model = model
        points = cell.geometry.control_points
        self._frames = [
            self._add_frame(f'point/{p.name}', p.body, np.array(p.offset)) for p in points
        ]
        self._geometry = self._capsules(cell)
        self._data = model.createData()
        self._shapes = self._geometry.createData()
        self._parents = [shape.parentJoint for shape in self._geometry.geometryObjects]
        self.levers = self._lever_arms()
        self._q = pinocchio.neutral(model)
        self._points = np.zeros((len(points), 3))
        self._jacobians = np.zeros((len(points), 3, len(order)))

    def update(self, arm: Vector | list[float]) -> None:
        """Move to arm joints, shape (n,) [rad or m]."""
        self._q[self._order] = arm
        pinocchio.computeJointJacobians(self._model, self._data, self._q)

    def points(self) -> tuple[Vector, Vector]:
        """Return positions (P, 3) [m] and Jacobians (P, 3, n) of the control points."""
        for i, frame in enumerate(self._frames):
            place = pinocchio.updateFramePlacement(self._model, self._data, frame)
            self._points[i] = place.translation
            self._jacobians[i] = pinocchio.getFrameJacobian(
                self._model, self._data, frame, pinocchio.LOCAL_WORLD_ALIGNED
            )[:3, self._order]
        return self._points, self._jacobians

    def positions(self, arm: Vector) -> Vector:
        """Return positions (P, 3) [m] of the control points at arm joints, without Jacobians."""
        self._q[self._order] = arm
        pinocchio.forwardKinematics(self._model, self._data, self._q)
        return np.array(
            [
                pinocchio.updateFramePlacement(self._model, self._data, frame).translation
                for frame in self._frames
            ]
        ).reshape(-1, 3)

    def distances(self) -> list[float]:
        """Return the distance of each pair of capsules [m]; negative where they overlap."""
        pinocchio.updateGeometryPlacements(self._model, self._data, self._geometry, self._shapes)
        pinocchio.computeDistances(self._geometry, self._shapes)
        return [result.min_distance for result in self._shapes.distanceResults]

    def separation(self, pair: int) -> Vector:
        """Return how the distance of a pair grows with the joints, shape (n,).

        With the normal n from the first shape to the second at the nearest points p1 and p2, the
        gradient is n^T (J2(p2) - J1(p1)).
        """
        result = self._shapes.distanceResults[pair]
        names = self._geometry.collisionPairs[pair]
        normal = result.normal
        gradient: Vector = self._motion_along(normal, names.second, result.getNearestPoint2())
        return gradient - self._motion_along(normal, names.first, result.getNearestPoint1())

    def _lever_arms(self) -> Vector:
        """Return how fast each joint can change the distance of each pair, at most.

        Shape (pairs, n) [m/rad, or 1 for prismatic joints]. Only joints between the two links
        count, each with the length of the chain from itself to the far end of either shape.
        """
        levers = np.zeros((len(self._geometry.collisionPairs), self._model.nv))
        for row, pair in enumerate(self._geometry.collisionPairs):
            ends = [self._geometry.geometryObjects[i] for i in (pair.first, pair.second)]
            chains = [list(self._model.supports[end.parentJoint])[1:] for end in ends]
            for end, chain, other in zip(ends, chains, reversed(chains), strict=True):
                shape = end.geometry
                length = float(np.linalg.norm(end.placement.translation))
                length += shape.halfLength + shape.radius
                for joint in reversed(chain):
                    if joint not in other:
                        is_turning = 'P' not in self._model.joints[joint].shortname()
                        levers[row, self._model.idx_vs[joint]] = length if is_turning else 1.0
                    length += float(np.linalg.norm(self._model.jointPlacements[joint].translation))
        arms: Vector = levers[:, self._order]
        return arms

    def _motion_along(self, normal: Vector, shape: int, point: Vector) -> Vector:
        """Return n^T J of a point of a link: n . v + w . (r x n), as a wrench on the Jacobian."""
        joint = self._parents[shape]
        jacobian = pinocchio.getJointJacobian(
            self._model, self._data, joint, pinocchio.LOCAL_WORLD_ALIGNED
        )
        x, y, z = (point - self._data.oMi[joint].translation).tolist()
        a, b, c = normal.tolist()
        wrench = np.array((a, b, c, y * c - z * b, z * a - x * c, x * b - y * a))
        along: Vector = (wrench @ jacobian)[self._order]
        return along

    def _add_frame(self, name: str, body: str, offset: Vector) -> int:
        parent = self._model.frames[body_frame(self._model, body)]
        place = parent.placement * pinocchio.SE3(np.eye(3), offset)
        frame = pinocchio.Frame(name, parent.parentJoint, place, pinocchio.OP_FRAME)
        return int(self._model.addFrame(frame))

    def _capsules(self, cell: Cell) -> Any:
        geometry = pinocchio.GeometryModel()
        index = {}
        for capsule in cell.geometry.capsules:
            parent = self._model.frames[body_frame(self._model, capsule.body)]
            start, end = np.array(capsule.start), np.array(capsule.end)
            along = pinocchio.SE3(_rotation_to(end - start), (start + end) / 2)
            shape = coal.Capsule(capsule.radius, float(np.linalg.norm(end - start)))
            place = parent.placement * along
            index[capsule.name] = geometry.addGeometryObject(
                pinocchio.GeometryObject(capsule.name, parent.parentJoint, place, shape)
            )
        for first, second in cell.geometry.self_collision:
            geometry.addCollisionPair(pinocchio.CollisionPair(index[first], index[second]))
        return geometry


def _rotation_to(axis: Vector) -> Vector:
    """Return a rotation that turns z into `axis`; the identity for a ball."""
    length = float(np.linalg.norm(axis))
    if length == 0.0:
        return np.eye(3)
    turn = pinocchio.Quaternion.FromTwoVectors(np.array([0.0, 0.0, 1.0]), axis / length)
    rotation: Vector = turn.toRotationMatrix()
    return rotation
