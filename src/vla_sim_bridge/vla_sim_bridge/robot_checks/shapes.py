"""What of a URDF the simulator cannot have as it is written: shapes, and inertias."""

from vla_contract.check import Check, Status
from vla_contract.deployment.robot import Robot
from vla_contract.description.urdf import prepared_file

_NAME, _ALLOWED = 'shapes and inertias', 'all of them read as they are written'


def check_shapes(robot: Robot) -> list[Check]:
    """Return what of each URDF was left out or changed; nothing for an MJCF, read as it is."""
    files = [file for file in (robot.model, *robot.model.parts) if file.urdf or file.xacro]
    if not files:
        return []
    changed = [text for file in files for text in prepared_file(file).left_out]
    fix = 'a mesh in binary STL or OBJ beside it, of the same name; a sound inertial in the URDF'
    found = [Check(_NAME, Status.WARN, text, _ALLOWED, fix) for text in changed]
    return found or [Check(_NAME, Status.OK, 'none left out or changed', _ALLOWED)]
