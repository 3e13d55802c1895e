"""Which OpenGL backend MuJoCo shall use, and whether its library is there."""

import ctypes
import os

_LIBRARIES = {'egl': 'libEGL.so.1', 'osmesa': 'libOSMesa.so.8'}
_REQUESTED = 'VLA_REQUESTED_MUJOCO_GL'


def switch_off_missing_backend() -> None:
    """Set MUJOCO_GL to 'disabled' when it names a backend whose library cannot be loaded."""
    backend = os.environ.get('MUJOCO_GL', '')
    library = _LIBRARIES.get(backend.lower())
    if library is None:
        return
    try:
        ctypes.CDLL(library)
    except OSError:
        os.environ[_REQUESTED] = backend
        os.environ['MUJOCO_GL'] = 'disabled'


def requested_backend() -> str:
    """Return what the user asked for: the value of MUJOCO_GL, or 'unset'."""
    return os.environ.get(_REQUESTED) or os.environ.get('MUJOCO_GL') or 'unset'
