"""A lens as other calibrators write it: Kalibr's camchain and mrcal's cameramodel."""

from pathlib import Path
from typing import Any

import numpy as np
from vla_calibration.calibration_file import lens_of
from vla_calibration.lens.lens import Lens
from vla_contract.cameras.calibration import CameraCalibration
from vla_contract.errors import UnknownNameError, VlaError
from vla_contract.schema import load_yaml
import yaml

# Kalibr's names of the distortions that we have.
_KALIBR = {'radtan': 'plumb_bob', 'equidistant': 'equidistant', 'none': 'plumb_bob'}
_COUNT = 4


def kalibr_camchain(calibration: CameraCalibration) -> str:
    """Return a camchain of one camera, cam0.

    Raises:
        VlaError: Kalibr has no such distortion.
    """
    lens = lens_of(calibration)
    distortion = lens.distortion.tolist()
    if lens.model == 'rational_polynomial' or any(distortion[_COUNT:]):
        raise VlaError(
            f'kalibr: found a lens of model {lens.model} with {len(distortion)} coefficients; '
            'allowed: equidistant, or k1 k2 p1 p2; calibrate with --model plumb_bob_4'
        )
    camera = {
        'camera_model': 'pinhole',
        'intrinsics': _pinhole(lens),
        'distortion_model': 'equidistant' if lens.model == 'equidistant' else 'radtan',
        'distortion_coeffs': distortion[:_COUNT],
        'resolution': list(lens.size),
        'rostopic': f'/{calibration.camera}/image_raw',
    }
    return str(yaml.safe_dump({'cam0': camera}, sort_keys=False, default_flow_style=None))


def read_kalibr_camchain(path: Path, camera: str = 'cam0') -> Lens:
    """Read one camera of Kalibr's camchain.

    Raises:
        UnknownNameError: there is no such camera, or Kalibr's model of it is none of ours.
        VlaError: a value is missing or malformed.
    """
    chain = load_yaml(path)
    if camera not in chain:
        raise UnknownNameError('camera', camera, str(path), chain)
    values: dict[str, Any] = chain[camera]
    missing = {'camera_model', 'intrinsics', 'distortion_model', 'resolution'} - set(values)
    if missing:
        raise VlaError(f'{path}: {camera}: missing {", ".join(sorted(missing))}')
    if values['camera_model'] != 'pinhole':
        raise UnknownNameError('camera_model', values['camera_model'], str(path), ('pinhole',))
    if values['distortion_model'] not in _KALIBR:
        raise UnknownNameError('distortion_model', values['distortion_model'], str(path), _KALIBR)
    try:
        fx, fy, cx, cy = (float(value) for value in values['intrinsics'])
        coefficients = [float(value) for value in values.get('distortion_coeffs') or [0.0] * 4]
        width, height = (int(value) for value in values['resolution'])
    except (TypeError, ValueError):
        raise VlaError(
            f'{path}: {camera}: found {str(values)[:80]}; allowed: 4 intrinsics, 4 '
            'distortion_coeffs, a resolution of 2 numbers'
        ) from None
    K = np.array([[fx, 0.0, cx], [0.0, fy, cy], [0.0, 0.0, 1.0]])
    model = _KALIBR[values['distortion_model']]
    return Lens(width, height, K, np.array(coefficients), model)


def mrcal_cameramodel(calibration: CameraCalibration) -> str:
    """Return the text of a .cameramodel, with the camera at the origin.

    Raises:
        VlaError: mrcal has no such distortion.
    """
    lens = lens_of(calibration)
    if lens.model == 'equidistant':
        raise VlaError(
            'mrcal: found an equidistant lens; allowed: plumb_bob and rational_polynomial, which '
            'mrcal has as LENSMODEL_OPENCV5 and 8'
        )
    count = len(lens.distortion)
    numbers = ', '.join(repr(value) for value in [*_pinhole(lens), *lens.distortion.tolist()])
    return (
        '{\n'
        f"    'lensmodel':  'LENSMODEL_OPENCV{count}',\n"
        f"    'intrinsics': [ {numbers} ],\n"
        "    'extrinsics': [ 0, 0, 0, 0, 0, 0 ],\n"
        f"    'imagersize': [ {lens.width}, {lens.height} ]\n"
        '}\n'
    )


def _pinhole(lens: Lens) -> list[float]:
    return [float(lens.K[i]) for i in ((0, 0), (1, 1), (0, 2), (1, 2))]
