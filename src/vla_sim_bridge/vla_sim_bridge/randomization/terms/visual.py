"""Terms that change what the cameras see."""

from collections.abc import Callable

import mujoco
import numpy as np
from vla_contract.values import Vector
from vla_sim_bridge.randomization.address import CAMERA, LIGHT, OBJECT
from vla_sim_bridge.randomization.stage import Stage
from vla_sim_bridge.randomization.term import NUMBERS, Term
from vla_sim_bridge.scene.extras import SKY


def _zero(stage: Stage) -> float:
    return 0.0


def _one(stage: Stage) -> float:
    return 1.0


def _per_camera(stage: Stage) -> int:
    return len(stage.cameras)


def _move_cameras(stage: Stage, values: Vector) -> None:
    stage.model.cam_pos[stage.cameras] += values.reshape(-1, 3)


def _turn_cameras(stage: Stage, values: Vector) -> None:
    """Turn each camera about its own axes, by a rotation vector."""
    for camera, turn in zip(stage.cameras, np.radians(values.reshape(-1, 3)), strict=True):
        angle = float(np.linalg.norm(turn))
        quaternion, turned = np.empty(4), np.empty(4)
        mujoco.mju_axisAngle2Quat(quaternion, turn / max(angle, 1e-12), angle)
        mujoco.mju_mulQuat(turned, stage.model.cam_quat[camera], quaternion)
        stage.model.cam_quat[camera] = turned


def _change_field_of_view(stage: Stage, values: Vector) -> None:
    """Widen or narrow each camera; a calibrated one is drawn by its focal length instead."""
    model = stage.model
    before = np.radians(model.cam_fovy[stage.cameras])
    model.cam_fovy[stage.cameras] += values
    zoom = np.tan(before / 2) / np.tan(np.radians(model.cam_fovy[stage.cameras]) / 2)
    model.cam_intrinsic[stage.cameras, :2] *= zoom[:, None]


def _light_count(stage: Stage, values: Vector) -> None:
    stage.model.light_active[: stage.model.nlight] = np.arange(stage.model.nlight) < values[0]


def _light_intensity(stage: Stage, values: Vector) -> None:
    stage.model.light_diffuse *= values[:, None]


def _light_colour(stage: Stage, values: Vector) -> None:
    stage.model.light_diffuse *= values.reshape(-1, 3)


def _light_position(stage: Stage, values: Vector) -> None:
    stage.model.light_pos += values.reshape(-1, 3)


def _table_colour(stage: Stage, values: Vector) -> None:
    stage.model.geom_rgba[stage.table_geom, :3] = values


def _object_colour(stage: Stage, values: Vector) -> None:
    stage.require_objects('object_colour')
    scaled = stage.model.geom_rgba[stage.object_geoms, :3] * values
    stage.model.geom_rgba[stage.object_geoms, :3] = np.clip(scaled, 0.0, 1.0)


def _background_colour(stage: Stage, values: Vector) -> None:
    stage.tints[SKY] = values


def _image(field: str, kind: type = float) -> Callable[[Stage, Vector], None]:
    """Return what sets a field of the image's settings."""

    def apply(stage: Stage, values: Vector) -> None:
        setattr(stage.image, field, kind(values[0]))

    return apply


VISUAL_TERMS = (
    Term('camera_position', 'm', 'add', _move_cameras, 'offset of each camera',
         lambda s: 3 * _per_camera(s), limits=(-1.0, 1.0), reaches=CAMERA),
    Term('camera_rotation', 'deg', 'add', _turn_cameras, 'turn of each camera about its axes',
         lambda s: 3 * _per_camera(s), limits=(-90.0, 90.0), reaches=CAMERA),
    Term('camera_fov', 'deg', 'add', _change_field_of_view, 'change of the vertical field of view',
         _per_camera, limits=(-40.0, 40.0), reaches=CAMERA),
    Term('light_count', '', 'set', _light_count, 'lights that are on', neutral=_one,
         limits=(0.0, 4.0), most_here=lambda s: float(s.model.nlight), reaches=LIGHT),
    Term('light_intensity', '', 'scale', _light_intensity, 'brightness of each light',
         lambda s: s.model.nlight, limits=(0.0, 10.0), reaches=LIGHT),
    Term('light_colour', '', 'scale', _light_colour, 'red, green, blue of each light',
         lambda s: 3 * s.model.nlight, limits=(0.0, 10.0), reaches=LIGHT),
    Term('light_position', 'm', 'add', _light_position, 'offset of each light',
         lambda s: 3 * s.model.nlight, limits=(-10.0, 10.0), reaches=LIGHT),
    Term('table_colour', '', 'set', _table_colour, 'red, green, blue of the table', lambda s: 3,
         limits=(0.0, 1.0)),
    Term('object_colour', '', 'scale', _object_colour, 'red, green, blue of the object',
         lambda s: 3, limits=(0.0, 10.0), reaches=OBJECT),
    Term('background_colour', '', 'scale', _background_colour, 'red, green, blue of the sky',
         lambda s: 3, limits=(0.0, 10.0)),
    Term('brightness', '', 'set', _image('brightness'), 'factor on the image', neutral=_one,
         limits=(0.0, 10.0)),
    Term('contrast', '', 'set', _image('contrast'), 'factor around middle grey', neutral=_one,
         limits=(0.0, 10.0)),
    Term('saturation', '', 'set', _image('saturation'), 'factor on colour', neutral=_one,
         limits=(0.0, 10.0)),
    Term('exposure', 'EV', 'set', _image('exposure_ev'), 'stops of more light', neutral=_zero,
         limits=(-8.0, 8.0)),
    Term('image_noise', '', 'set', _image('noise_std'), 'noise of each image, share of full scale',
         neutral=_zero, limits=(0.0, 1.0)),
    Term('pattern_noise', '', 'set', _image('pattern_std'), 'noise that all images share',
         neutral=_zero, limits=(0.0, 1.0)),
    Term('noise_seed', '', 'set', _image('noise_seed', int), 'where the noise begins',
         limits=NUMBERS, needs=('image_noise', 'pattern_noise')),
    Term('motion_blur', 'px', 'set', _image('blur_px'), 'length of the blur', neutral=_zero,
         limits=(0.0, 100.0)),
    Term('jpeg_quality', '', 'set', _image('jpeg_quality', int), 'quality of the compression',
         limits=(1.0, 100.0)),
    Term('lens_distortion', '', 'set', _image('distortion'),
         'radial distortion k1 that camera_info does not report', neutral=_zero,
         limits=(-1.0, 1.0)),
)  # fmt: skip
