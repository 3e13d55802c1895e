"""Inertias of a URDF that no rigid body has, made ones that MuJoCo takes."""

from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import numpy as np
from vla_contract.values import Vector

_ROWS = (('ixx', 'ixy', 'ixz'), ('ixy', 'iyy', 'iyz'), ('ixz', 'iyz', 'izz'))
# Radius of gyration of a link whose file gives its mass alone: that of a small part [m].
_GYRATION_M = 0.03
# Smallest principal inertia as a share of the largest; that of a rod ten times as long as thick.
_LEAST_SHARE = 1e-2


def mend_inertial(link: Element) -> str:
    """Make the inertial of a link one that MuJoCo takes.

    Args:
        link: of a URDF; changed where its inertial is incomplete, or not that of a rigid body.

    Returns:
        What was changed and why, '' when nothing was.
    """
    inertial = link.find('inertial')
    if inertial is None:
        return ''
    mass = _number(inertial.find('mass'), 'value')
    if not mass > 0.0:
        link.remove(inertial)
        return f'left out, mass {mass:g} kg'
    given = inertial.find('inertia')
    if given is None:
        _write(ElementTree.SubElement(inertial, 'inertia'), mass * _GYRATION_M**2 * np.eye(3))
        return f'no inertia; taken for a part of {_GYRATION_M:g} m radius of gyration'
    matrix = np.array([[_number(given, name) for name in row] for row in _ROWS])
    principal, axes = np.linalg.eigh(matrix)
    least = _LEAST_SHARE * max(principal.max(), 0.0)
    if principal.min() > 0.0:
        return ''
    if least == 0.0:
        _write(given, mass * _GYRATION_M**2 * np.eye(3))
        return f'no positive inertia; taken for a part of {_GYRATION_M:g} m radius of gyration'
    _write(given, (axes * np.maximum(principal, least)) @ axes.T)
    return f'principal inertia {principal.min():.2g} kg m2 raised to {least:.2g}'


def _number(element: Element | None, name: str) -> float:
    try:
        return float(element.get(name, '0')) if element is not None else 0.0
    except ValueError:
        return 0.0


def _write(element: Element, matrix: Vector) -> None:
    for names, row in zip(_ROWS, matrix, strict=True):
        for name, value in zip(names, row, strict=True):
            element.set(name, repr(float(value)))
