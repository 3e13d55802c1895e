"""Small pieces of SDF: elements, numbers, poses."""

from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement

from vla_contract.transforms import xyzw_from_wxyz
from vla_contract.values import Vector
from vla_sim_bridge.scene.robot_spec import ROBOT

Value = str | float | Iterable[float]


def add(parent: Element, tag: str, value: Value = '', **attributes: str) -> Element:
    """Add an element with a text, a number or numbers; floats keep every bit."""
    element = SubElement(parent, tag, attributes)
    if isinstance(value, str):
        element.text = value or None
    elif isinstance(value, Iterable):
        element.text = ' '.join(repr(float(v)) for v in value)
    else:
        element.text = repr(float(value))
    return element


def add_pose(parent: Element, position: Vector, wxyz: Vector, relative_to: str = '') -> None:
    """Add a pose from MuJoCo's position (3,) [m] and quaternion (4,)."""
    attributes = {'relative_to': relative_to} if relative_to else {}
    values = [*position, *xyzw_from_wxyz(wxyz)]
    add(parent, 'pose', values, rotation_format='quat_xyzw', **attributes)


def sdf_name(name: str) -> str:
    """Return a name that may stand in SDF and in topics; slashes separate levels there."""
    return name.removeprefix(ROBOT).replace('/', '_')
