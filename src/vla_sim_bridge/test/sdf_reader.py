"""Reads SDF by the letter of its specification, with numpy alone: the oracle of the tests."""

from pathlib import Path
import xml.etree.ElementTree as ElementTree

import numpy as np
from scipy.spatial.transform import Rotation


def pose(element: ElementTree.Element) -> np.ndarray:
    """Return the 4x4 matrix of an element's pose."""
    T = np.eye(4)
    found = element.find('pose')
    if found is not None and found.text:
        values = np.array(found.text.split(), dtype=float)
        is_quaternion = found.get('rotation_format') == 'quat_xyzw'
        make = Rotation.from_quat if is_quaternion else lambda rpy: Rotation.from_euler('xyz', rpy)
        T[:3, :3], T[:3, 3] = make(values[3:]).as_matrix(), values[:3]
    return T


class SdfModel:
    """One model: where its links are at given joint positions."""

    def __init__(self, element: ElementTree.Element) -> None:
        self.element = element
        self.links = {link.get('name'): link for link in element.findall('link')}
        self.joints = {joint.get('name'): joint for joint in element.findall('joint')}
        self._joint_of = {joint.findtext('child'): joint for joint in self.joints.values()}

    def link_poses(self, positions: dict[str, float]) -> dict[str, np.ndarray]:
        """Return the pose of every link in the world."""
        found: dict[str, np.ndarray] = {}
        for name in self.links:
            self._place(name, positions, found)
        return found

    def _place(self, name, positions, found) -> np.ndarray:
        if name in found:
            return found[name]
        link, joint = self.links[name], self._joint_of.get(name)
        relative_to = link.find('pose').get('relative_to') if link.find('pose') is not None else ''
        above = self._place(relative_to, positions, found) if relative_to else pose(self.element)
        found[name] = above @ pose(link)
        if joint is not None and joint.get('type') != 'fixed':
            assert joint.findtext('parent') == (relative_to or 'world')
            found[name] = found[name] @ self._motion(joint, positions[joint.get('name')])
        return found[name]

    @staticmethod
    def _motion(joint: ElementTree.Element, position: float) -> np.ndarray:
        """Return the motion of the child in its own frame: about or along the joint's axis."""
        axis = np.array(joint.findtext('axis/xyz').split(), dtype=float)
        axis /= np.linalg.norm(axis)
        motion = np.eye(4)
        if joint.get('type') == 'revolute':
            motion[:3, :3] = Rotation.from_rotvec(position * axis).as_matrix()
        else:
            motion[:3, 3] = position * axis
        frame = pose(joint)
        return frame @ motion @ np.linalg.inv(frame)


def inertia_at_origin(inertial: ElementTree.Element) -> tuple[float, np.ndarray, np.ndarray]:
    """Return mass [kg], centre [m] and the inertia about the link's origin [kg m2]."""
    mass = float(inertial.findtext('mass'))
    value = {axis: float(inertial.findtext(f'inertia/{axis}')) for axis in
             ('ixx', 'iyy', 'izz', 'ixy', 'ixz', 'iyz')}  # fmt: skip
    tensor = np.array(
        [
            [value['ixx'], value['ixy'], value['ixz']],
            [value['ixy'], value['iyy'], value['iyz']],
            [value['ixz'], value['iyz'], value['izz']],
        ]
    )
    T = pose(inertial)
    return mass, T[:3, 3], steiner(mass, T[:3, 3], T[:3, :3] @ tensor @ T[:3, :3].T)


def steiner(mass: float, centre: np.ndarray, about_centre: np.ndarray) -> np.ndarray:
    """Move an inertia from the centre of mass to the origin."""
    return about_centre + mass * (centre @ centre * np.eye(3) - np.outer(centre, centre))


def read_stl(path: Path) -> np.ndarray:
    """Return the corners of a binary STL, shape (n, 3, 3)."""
    data = path.read_bytes()
    count = int(np.frombuffer(data, '<u4', 1, 80)[0])
    kind = np.dtype([('normal', '<f4', 3), ('corners', '<f4', (3, 3)), ('attribute', '<u2')])
    triangles = np.frombuffer(data, kind, count, 84)
    normals = np.cross(*(np.diff(triangles['corners'], axis=1).swapaxes(0, 1)))
    assert (np.einsum('ij,ij->i', normals, triangles['normal']) >= 0.0).all()
    return triangles['corners'].astype(float)
