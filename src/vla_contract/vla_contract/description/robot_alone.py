"""Of a maker's file, what is the robot: its tree, without floors, lights, cameras and objects."""

from collections.abc import Collection

import mujoco

_FREE, _PLANE = mujoco.mjtJoint.mjJNT_FREE, mujoco.mjtGeom.mjGEOM_PLANE


def leave_out(spec: mujoco.MjSpec, kept: Collection[str]) -> None:
    """Delete what of a whole file is no part of the robot.

    Args:
        spec: as read.
        kept: bodies of the world that stay, with all that hangs on them; none of them: all but
            those that move freely, and what is fixed to the world itself but floors.
    """
    world = spec.worldbody
    for body in list(world.bodies):
        is_free = any(joint.type == _FREE for joint in body.joints)
        if body.name not in kept if kept else is_free:
            spec.delete(body)
    geoms = [geom for geom in world.geoms if kept or geom.type == _PLANE]
    sites = list(world.sites) if kept else []
    for element in [*geoms, *sites, *spec.lights, *spec.cameras]:
        spec.delete(element)
