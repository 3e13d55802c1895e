"""Where the arm carries a frame: forward kinematics of the robot's model with pinocchio."""

import numpy as np
import pinocchio
from vla_calibration.geometry import se3
from vla_calibration.geometry.pose import Pose, require_frames
from vla_contract.deployment.cell import Cell
from vla_contract.kinematics.arm_model import arm_order, body_frame, load_arm_model, site_frame
from vla_contract.values import Vector

# Joints stay this far from their limits when a pose is looked for [rad or m].
_MARGIN = 0.05
# A pose is reached to 0.1 mm and 0.006 degrees; the steps of a search.
_CLOSE, _MOST_STEPS, _LARGEST_STEP, _DAMPING = 1e-4, 60, 0.3, 1e-4


class ArmKinematics:
    """Forward kinematics from the base to the tool, or to any body of the model.

    Fingers and other joints that the arm does not command stay where the model has
    them, so a frame that hangs on a finger is not where the finger is.
    """

    def __init__(self, cell: Cell, frame: str = '') -> None:
        """Load the model of a cell's robot.

        Args:
            cell: whose arm it is.
            frame: the tool's frame or a body of the model; '' is the tool.

        Raises:
            ResourceNotFoundError: the model's package or file is missing.
            ContractError: MuJoCo cannot read the file, or it lacks a joint, body or site.
        """
        self.base_frame = cell.robot.model.base_frame
        self.frame = frame or cell.robot.tool.frame
        model = load_arm_model(cell)
        self._order = arm_order(model, cell)
        self._arm = np.array(cell.arm)
        arm = [cell.joints[i] for i in cell.arm]
        self._lower = np.array([joint.lower for joint in arm]) + _MARGIN
        self._upper = np.array([joint.upper for joint in arm]) - _MARGIN
        is_tool = self.frame == cell.robot.tool.frame
        point = cell.robot.tool.point
        self._frame_id = site_frame(model, point) if is_tool else body_frame(model, frame)
        self._model = model
        self._data = model.createData()
        self._q = pinocchio.neutral(model)

    def pose(self, position: Vector) -> Pose:
        """Return the pose of the frame in the base frame.

        Args:
            position: all joints in the cell's order, shape (D,) [rad or m].
        """
        self._q[self._order] = np.asarray(position)[self._arm]
        pinocchio.forwardKinematics(self._model, self._data, self._q)
        place = pinocchio.updateFramePlacement(self._model, self._data, self._frame_id)
        return Pose(self.base_frame, self.frame, place.homogeneous)

    def reach(self, target: Pose, start: Vector) -> Vector | None:
        """Return joints with which the frame is at a pose; None where none were found.

        Damped least squares (Wampler 1986) from a start, within the joint limits; obstacles are
        not known here.

        Args:
            target: pose of the frame in the base frame.
            start: all joints, shape (D,) [rad or m].

        Raises:
            FrameError: the target is in another frame, or of another one.
        """
        require_frames(target, self.base_frame, self.frame)
        position = np.array(start, dtype=np.float64)
        for _ in range(_MOST_STEPS):
            error = se3.log(se3.inverse(self.pose(position).T) @ target.T)
            if np.abs(error).max() < _CLOSE:
                return position
            J = self._jacobian()
            step = J.T @ np.linalg.solve(J @ J.T + _DAMPING * np.eye(6), error)
            step *= min(1.0, _LARGEST_STEP / np.abs(step).max())
            arm = position[self._arm] + step
            position[self._arm] = np.clip(arm, self._lower, self._upper)
        return None

    def _jacobian(self) -> Vector:
        """Return d right twist of the frame / d arm joints at the last pose, shape (6, n)."""
        by_frame = pinocchio.computeFrameJacobian(
            self._model, self._data, self._q, self._frame_id, pinocchio.LOCAL
        )
        # pinocchio puts translation first, our twists rotation.
        jacobian: Vector = np.vstack([by_frame[3:], by_frame[:3]])[:, self._order]
        return jacobian
