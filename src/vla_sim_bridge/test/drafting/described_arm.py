"""A small arm with a parallel gripper as a maker describes it: URDF, SRDF, joint_limits.yaml."""

# Name, parent, child, type, origin, axis, limits.
_JOINTS = (
    ('pan', 'base', 'shoulder', 'revolute', '0 0 0.1', '0 0 1', (-2.9, 2.9)),
    ('lift', 'shoulder', 'upper_arm', 'revolute', '0 0 0.1', '0 1 0', (-1.9, 1.9)),
    ('elbow', 'upper_arm', 'forearm', 'revolute', '0 0 0.3', '0 1 0', (-2.6, 2.6)),
    ('forearm_roll', 'forearm', 'forearm_end', 'revolute', '0 0 0.15', '0 0 1', (-2.9, 2.9)),
    ('wrist_pitch', 'forearm_end', 'wrist', 'revolute', '0 0 0.12', '0 1 0', (-2.0, 2.0)),
    ('wrist_roll', 'wrist', 'hand', 'revolute', '0 0 0.08', '0 0 1', (-2.9, 2.9)),
    ('left_finger', 'hand', 'left_finger_link', 'prismatic', '0 0.01 0.05', '0 1 0', (0.0, 0.04)),
    ('right_finger', 'hand', 'right_finger_link', 'prismatic', '0 -0.01 0.05', '0 -1 0',
     (0.0, 0.04)),
)  # fmt: skip
_LINKS = {
    'base': ('<cylinder radius="0.06" length="0.08"/>', '0 0 0.04', 3.0),
    'shoulder': ('<cylinder radius="0.045" length="0.1"/>', '0 0 0.05', 2.0),
    'upper_arm': ('<cylinder radius="0.04" length="0.26"/>', '0 0 0.15', 2.0),
    'forearm': ('<cylinder radius="0.035" length="0.12"/>', '0 0 0.08', 1.0),
    'forearm_end': ('<cylinder radius="0.03" length="0.08"/>', '0 0 0.06', 0.6),
    'wrist': ('<sphere radius="0.03"/>', '0 0 0.03', 0.4),
    'hand': ('<box size="0.04 0.1 0.04"/>', '0 0 0.02', 0.4),
    'left_finger_link': ('<box size="0.02 0.01 0.06"/>', '0 0 0.03', 0.05),
    'right_finger_link': ('<box size="0.02 0.01 0.06"/>', '0 0 0.03', 0.05),
}
TIP_M = 0.11
"""How far the finger tips are from the frame of the hand [m]."""
STROKE_M = 0.04
"""How far each finger moves [m]."""

SRDF = """<robot name="small_arm">
  <group name="arm"><chain base_link="base" tip_link="hand"/></group>
  <group name="fingers"><joint name="left_finger"/></group>
  <end_effector name="gripper" parent_link="hand" group="fingers"/>
</robot>"""

JOINT_LIMITS = """joint_limits:
  pan:
    has_velocity_limits: true
    max_velocity: 1.25
    has_acceleration_limits: true
    max_acceleration: 4.5
  lift:
    has_velocity_limits: false
    max_velocity: 0
"""


def urdf(velocity: float = 2.0, effort: float = 40.0, lift_axis: str = '0 1 0') -> str:
    """Return the URDF.

    Args:
        velocity: limit of every joint; 0 is none.
        effort: limit of every joint; 0 is none.
        lift_axis: of the second joint.
    """
    parts = [_link(name, *facts) for name, facts in _LINKS.items()]
    parts += [_joint(joint, velocity, effort, lift_axis) for joint in _JOINTS]
    parts += ['<link name="tcp"/>']
    parts += [
        '<joint name="tcp_joint" type="fixed"><parent link="hand"/><child link="tcp"/>'
        f'<origin xyz="0 0 {TIP_M - 0.01}"/></joint>'
    ]
    return f'<robot name="small_arm">{"".join(parts)}</robot>'


def _link(name: str, shape: str, place: str, mass: float) -> str:
    inertia = (
        f'ixx="{mass * 1e-3}" iyy="{mass * 1e-3}" izz="{mass * 1e-3}" ixy="0" ixz="0" iyz="0"'
    )
    return (
        f'<link name="{name}"><inertial><origin xyz="{place}"/><mass value="{mass}"/>'
        f'<inertia {inertia}/></inertial><collision><origin xyz="{place}"/>'
        f'<geometry>{shape}</geometry></collision></link>'
    )


def _joint(facts: tuple, velocity: float, effort: float, lift_axis: str) -> str:
    name, parent, child, kind, origin, axis, (low, high) = facts
    axis = lift_axis if name == 'lift' else axis
    mimic = '<mimic joint="left_finger"/>' if name == 'right_finger' else ''
    return (
        f'<joint name="{name}" type="{kind}"><parent link="{parent}"/><child link="{child}"/>'
        f'<origin xyz="{origin}"/><axis xyz="{axis}"/>{mimic}'
        f'<limit lower="{low}" upper="{high}" velocity="{velocity}" effort="{effort}"/></joint>'
    )
