"""Descriptions of robots: MJCF, URDF and xacro files, found, read and joined by MuJoCo.

MuJoCo loads what it renders with when it is imported, and PyOpenGL fails there where the library
is missing. A robot's machine has no need of it: reading and kinematics draw nothing.
"""

import ctypes
import os

_NAME = 'MUJOCO_GL'


def _import_mujoco() -> None:
    wanted = os.environ.get(_NAME, '')
    try:
        if wanted.lower() == 'egl':
            ctypes.CDLL('libEGL.so.1')
    except OSError:
        os.environ[_NAME] = 'disable'
    try:
        import mujoco  # noqa: F401 - everything below this package finds it imported
    finally:
        if wanted:
            os.environ[_NAME] = wanted


_import_mujoco()
