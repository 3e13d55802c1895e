"""Whose numbers decide how the objects of a task touch fingers, table and everything else."""

from collections.abc import Iterable

import mujoco

# As firm as the pads of gym_hil's Robotiq gripper. With MuJoCo's default, five times as slow, a
# grasped object creeps out of the fingers.
_SOLREF = (0.004, 1.0)
_SOLIMP = (0.95, 0.99, 0.001, 0.5, 2.0)


def let_objects_decide(spec: mujoco.MjSpec, names: Iterable[str]) -> None:
    """Have contacts of these geoms take the geoms' own friction and firmness.

    Of two geoms MuJoCo takes the parameters of the one with the higher priority, and the larger
    friction of two with the same (documentation, 'Contact parameters'). Finger pads often have a
    priority, and a table is rough: without one of its own no object could be slippery.

    Args:
        spec: the whole world, robot included.
        names: geoms of the objects.
    """
    priority = 1 + max(geom.priority for geom in spec.geoms)
    for name in names:
        geom = spec.geom(name)
        geom.priority = priority
        geom.solref[:] = _SOLREF
        geom.solimp[:] = _SOLIMP
