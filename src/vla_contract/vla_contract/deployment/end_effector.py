"""How a policy's end-effector deltas are meant: units, frame, rotation and gripper."""

from dataclasses import dataclass

from vla_contract.schema import setting


@dataclass(frozen=True)
class EndEffectorDelta:
    """Seven numbers a step: three of translation, three of rotation, one of the gripper.

    The move starts where the tool is; a chunk's moves follow one another. OpenVLA and Bridge mean
    the base frame, roll-pitch-yaw, metres and radians, gripper 1 open and 0 closed. LIBERO means
    the base frame, rotation vectors, 0.05 m and 0.5 rad for 1.0, gripper -1 open and 1 closed.
    """

    frame: str = setting(
        'base',
        doc='axes of translation and rotation; turns about the tool',
        choices=('base', 'tool'),
    )
    rotation: str = setting(
        'roll_pitch_yaw',
        doc='meaning of the rotation: angles about fixed x, y, z, or a rotation vector',
        choices=('roll_pitch_yaw', 'axis_angle'),
    )
    metres_per_unit: float = setting(1.0, doc='translation of 1.0', unit='m', lower=1e-6)
    radians_per_unit: float = setting(1.0, doc='rotation of 1.0', unit='rad', lower=1e-6)
    gripper_open: float = setting(1.0, doc='number that means an open gripper')
    gripper_closed: float = setting(0.0, doc='number that means a closed gripper')
