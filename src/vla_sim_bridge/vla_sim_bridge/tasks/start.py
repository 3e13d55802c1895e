"""How an episode begins: what its manifest keeps of it."""

from typing import Any

Start = dict[str, dict[str, Any]]
"""Name of a sampled value to {'value': ..., 'unit': ...}."""


def placed(name: str, x_m: float, y_m: float, yaw_rad: float) -> Start:
    """Return the place of an object as the values of a start."""
    return {
        f'{name}_x': {'value': float(x_m), 'unit': 'm'},
        f'{name}_y': {'value': float(y_m), 'unit': 'm'},
        f'{name}_yaw': {'value': float(yaw_rad), 'unit': 'rad'},
    }
