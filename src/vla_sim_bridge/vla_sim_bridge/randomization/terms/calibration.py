"""Terms of what is said about the cameras, and is wrong."""

import numpy as np
from vla_contract.values import Vector
from vla_sim_bridge.randomization.address import CAMERA
from vla_sim_bridge.randomization.stage import Stage
from vla_sim_bridge.randomization.term import Term


def _per_camera(stage: Stage) -> int:
    return 3 * len(stage.cameras)


def _hand_eye_position(stage: Stage, values: Vector) -> None:
    stage.hand_eye[stage.camera_rows, :3] = values.reshape(-1, 3)


def _hand_eye_rotation(stage: Stage, values: Vector) -> None:
    stage.hand_eye[stage.camera_rows, 3:] = np.radians(values.reshape(-1, 3))


CALIBRATION_TERMS = (
    Term('hand_eye_position', 'm', 'add', _hand_eye_position,
         'error of each published camera pose', _per_camera, limits=(-1.0, 1.0), reaches=CAMERA),
    Term('hand_eye_rotation', 'deg', 'add', _hand_eye_rotation,
         'error of it about the axes of the camera', _per_camera, limits=(-180.0, 180.0),
         reaches=CAMERA),
)  # fmt: skip
