"""scipy's Rotation, loaded when it is first used: its package takes 0.3 s of a command's start.

from vla_contract import so3

matrix = so3.Rotation.from_rotvec(turn).as_matrix()
"""

from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from scipy.spatial.transform import Rotation as Rotation


def __getattr__(name: str) -> Any:
    if name != 'Rotation':
        raise AttributeError(f'module {__name__} has no attribute {name}')
    from scipy.spatial.transform import Rotation

    globals()[name] = Rotation
    return Rotation
