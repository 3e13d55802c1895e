"""Bodies that belong to an object."""

import mujoco


def body_with_parts(model: mujoco.MjModel, name: str) -> tuple[int, ...]:
    """Return the body of a name and all that hang on it."""
    found = [int(model.body(name).id)]
    for k in range(found[0] + 1, model.nbody):
        if int(model.body_parentid[k]) in found:
            found.append(k)
    return tuple(found)
