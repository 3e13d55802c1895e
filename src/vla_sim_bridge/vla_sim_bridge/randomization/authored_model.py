"""A compiled model as it was authored, and the way back to it."""

from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray
from vla_contract.values import Vector

# Large, and nothing that an episode changes: geometry of meshes, pictures, names.
_FIXED = ('mesh_', 'tex_', 'hfield_', 'skin_', 'flex', 'name', 'text_', 'bvh_')
_STRUCTS = ('opt', 'stat')

Fields = dict[str, Any]


class AuthoredModel:
    """Copies of all that an episode may change, whichever terms there are.

    That is every field of the model but geometry of meshes, textures and names, with the options
    and what `mj_setConst` derives (inverse weights, subtree masses, lengths, bounding volumes of
    bodies). To derive it again would round differently than the compiler did.
    """

    def __init__(self, model: mujoco.MjModel) -> None:
        """Copy from a model that nothing has changed yet."""
        names = [name for name in dir(model) if not name.startswith(('_', *_FIXED))]
        arrays = {name: getattr(model, name) for name in names}
        self._fields: dict[str, NDArray[Any]] = {
            name: values.copy()
            for name, values in arrays.items()
            if isinstance(values, np.ndarray)
        }
        self._structs = {name: _copied(getattr(model, name)) for name in _STRUCTS}
        # The volumes of bodies come first; those of meshes behind them are never derived again.
        self._volumes = int((model.body_bvhadr + model.body_bvhnum).max())
        self._bounds: Vector = model.bvh_aabb[: self._volumes].copy()

    def field(self, name: str) -> Vector:
        """Return a field as it was authored."""
        values: Vector = self._fields[name]
        return values

    def write(self, model: mujoco.MjModel) -> None:
        """Put everything back."""
        for name, values in self._fields.items():
            getattr(model, name)[...] = values
        for name, fields in self._structs.items():
            _put_back(getattr(model, name), fields)
        model.bvh_aabb[: self._volumes] = self._bounds


def _copied(struct: Any) -> Fields:
    values = {name: getattr(struct, name) for name in dir(struct) if not name.startswith('_')}
    return {
        name: np.copy(value) if isinstance(value, np.ndarray) else value
        for name, value in values.items()
        if not callable(value)
    }


def _put_back(struct: Any, fields: Fields) -> None:
    for name, value in fields.items():
        if isinstance(value, np.ndarray):
            getattr(struct, name)[...] = value
        else:
            setattr(struct, name, value)
