"""A calibrated camera for simulators: MuJoCo and SDF (Gazebo); each can be read back."""

import xml.etree.ElementTree as ElementTree

import numpy as np
from vla_calibration.calibration_file import lens_of, pose_of
from vla_calibration.export.to_ros import (
    from_rpy,
    numbers,
    pretty,
    provenance_line,
    required,
    rpy,
    spaced,
    T_BODY_OPTICAL,
)
from vla_calibration.geometry.pose import Pose
from vla_calibration.lens.lens import Lens
from vla_contract import so3
from vla_contract.cameras.calibration import CameraCalibration
from vla_contract.cameras.sdf_camera import add_sdf_camera, SDF_COEFFICIENTS
from vla_contract.transforms import invert, make_transform, wxyz_from_xyzw, xyzw_from_wxyz

# Cameras of MuJoCo look along -z with y up: half a turn about x from the optical frame.
_HALF_TURN = np.diag([1.0, -1.0, -1.0])
# Size of a pixel on the sensor that is written; it cancels out of every projection.
_PITCH_M = 1e-5


def mujoco_camera(calibration: CameraCalibration) -> str:
    """Return an MJCF file to include inside the body that stands for the parent frame.

    MuJoCo draws pinholes: the image is that of the lens with its distortion taken out.
    """
    lens, pose = lens_of(calibration), pose_of(calibration)
    root = ElementTree.Element('mujocoinclude')
    root.append(ElementTree.Comment(provenance_line(calibration) + f'in {pose.parent} '))
    if lens.distortion.any() or lens.model == 'equidistant':
        root.append(ElementTree.Comment(' a pinhole: compare with undistorted images '))
    quaternion = so3.Rotation.from_matrix(pose.rotation @ _HALF_TURN).as_quat(canonical=True)
    size, K = np.array(lens.size), lens.K
    # MuJoCo shifts the image by this from its centre, against the direction of cx and cy.
    shift = (size - 1) / 2.0 - K[:2, 2]
    ElementTree.SubElement(
        root,
        'camera',
        name=calibration.camera,
        pos=spaced(pose.position),
        quat=spaced(wxyz_from_xyzw(quaternion)),
        resolution=f'{lens.width} {lens.height}',
        focalpixel=spaced(np.array([K[0, 0], K[1, 1]])),
        principalpixel=spaced(shift),
        sensorsize=spaced(size * _PITCH_M),
    )
    return pretty(root)


def read_mujoco_camera(text: str, parent: str, child: str) -> tuple[Lens, Pose]:
    """Read what `mujoco_camera` writes; the frames have no names in MuJoCo."""
    camera = required(ElementTree.fromstring(text), 'camera').attrib
    width, height = (int(n) for n in numbers(camera['resolution']))
    (fx, fy), shift = numbers(camera['focalpixel']), numbers(camera['principalpixel'])
    cx, cy = (np.array([width, height]) - 1) / 2.0 - shift
    K = np.array([[fx, 0.0, cx], [0.0, fy, cy], [0.0, 0.0, 1.0]])
    quaternion = xyzw_from_wxyz(numbers(camera['quat']))
    rotation = so3.Rotation.from_quat(quaternion).as_matrix() @ _HALF_TURN
    pose = Pose(parent, child, make_transform(numbers(camera['pos']), rotation))
    return Lens(width, height, K, np.zeros(5)), pose


def sdf_sensor(calibration: CameraCalibration) -> str:
    """Return an SDF camera sensor to put into the link of the parent frame.

    Distortion is written for plumb_bob only, all that SDF knows.
    """
    lens, pose = lens_of(calibration), pose_of(calibration)
    sensor = ElementTree.Element('sensor', name=calibration.camera, type='camera')
    sensor.append(ElementTree.Comment(provenance_line(calibration)))
    T = pose.T @ invert(T_BODY_OPTICAL)
    placed = ElementTree.SubElement(sensor, 'pose', relative_to=pose.parent)
    placed.text = f'{spaced(T[:3, 3])} {spaced(rpy(T[:3, :3]))}'
    is_known = lens.model == 'plumb_bob'
    distortion = lens.distortion if is_known else np.zeros(len(SDF_COEFFICIENTS))
    add_sdf_camera(sensor, pose.child, lens.size, lens.K, distortion)
    return pretty(sensor)


def read_sdf_sensor(text: str) -> tuple[Lens, Pose]:
    """Read what `sdf_sensor` writes."""
    sensor = ElementTree.fromstring(text)
    placed, camera = required(sensor, 'pose'), required(sensor, 'camera')
    values = numbers(placed.text)
    T = make_transform(values[:3], from_rpy(values[3:])) @ T_BODY_OPTICAL
    child = required(camera, 'optical_frame_id').text or ''

    def number(path: str) -> float:
        return float(required(camera, path).text or 'nan')

    fx, fy, cx, cy = (number(f'lens/intrinsics/{name}') for name in ('fx', 'fy', 'cx', 'cy'))
    K = np.array([[fx, 0.0, cx - 0.5], [0.0, fy, cy - 0.5], [0.0, 0.0, 1.0]])
    coefficients = np.zeros(5)
    if camera.find('distortion') is not None:
        found = [camera.find(f'distortion/{name}') for name in SDF_COEFFICIENTS]
        coefficients[:] = [float(e.text or 0) if e is not None else 0.0 for e in found]
    lens = Lens(int(number('image/width')), int(number('image/height')), K, coefficients)
    return lens, Pose(placed.attrib['relative_to'], child, T)
