"""Whose numbers decide how the objects of a task touch fingers, table and everything else."""

from collections.abc import Iterable

import mujoco


def let_objects_decide(
    spec: mujoco.MjSpec, objects: Iterable[str], fingers: Iterable[str]
) -> None:
    """Have every contact of some geoms take their own friction.

    Of two geoms MuJoCo takes the parameters of the one with the higher priority, and the larger
    friction of two with the same (documentation, 'Contact parameters'). Finger pads often have a
    priority, and a table is rough: without one of its own no object could be slippery. How firm a
    grasp is stays a matter of the fingers: with MuJoCo's default, objects creep out of pads that
    were modelled to be firm.

    Args:
        spec: the whole world, robot included.
        objects: geoms of the objects.
        fingers: geoms that grasp them.
    """
    priority = 1 + max(geom.priority for geom in spec.geoms)
    pads = [spec.geom(name) for name in fingers]
    for name in objects:
        geom = spec.geom(name)
        geom.priority = priority
        sliding, torsional, rolling = geom.friction
        for pad in pads:
            spec.add_pair(
                name=f'{name} {pad.name}',
                geomname1=name,
                geomname2=pad.name,
                condim=max(geom.condim, pad.condim),
                friction=[sliding, sliding, torsional, rolling, rolling],
                solref=pad.solref,
                solimp=pad.solimp,
            )
