"""Is the cell complete, and does the policy stay inside the limits of its joints?"""

from vla_contract.check import Check, measured, skipped, Status
from vla_contract.deployment.cell import Cell
from vla_contract.policy import Policy
from vla_policy_server.self_test.subject import Subject

# Of a joint's range. Demonstrations command the very ends of a gripper and a network scatters
# about what it has seen, harmlessly, since the filter ends there; an arm must not leave it.
_SLACK, _GRIPPER_SLACK = 1e-6, 0.05


def check_workspace(cell: Cell) -> Check:
    """Say whether the arm has walls and points that must stay inside them."""
    workspace, geometry = cell.workspace, cell.geometry
    if not cell.robot.model.is_given:
        return Check(
            'workspace configured',
            Status.WARN,
            'joint limits only: the robot has no model, so nothing keeps it off the table',
            'control points, a box or plane, pairs of links',
            f'give robot {cell.robot.name} its mjcf, urdf or xacro',
        )
    found = (
        f'{len(geometry.control_points)} points, {len(workspace.boxes)} boxes, '
        f'{len(workspace.planes)} planes, {len(geometry.self_collision)} pairs of links'
    )
    walls = bool(workspace.boxes or workspace.planes)
    holds = walls and bool(geometry.control_points) and bool(geometry.self_collision)
    return measured(
        'workspace configured',
        holds,
        found,
        'control points, a box or plane, pairs of links',
        f'fill in workspace of cell {cell.name} and geometry of robot {cell.robot.name}',
    )


def check_action_bounds(subject: Subject) -> Check:
    """Say whether what the policy asks for on real frames lies inside the joint limits."""
    item, allowed = 'action bounds', 'inside the limits of every joint'
    if subject.golden is None:
        fix = 'give a dataset with --frames, or ship golden frames beside the checkpoint'
        return skipped(item, 'no recorded frame to ask about', allowed, fix)
    cell = subject.deployment.cell
    worst, name = 0.0, ''
    for observation in subject.golden.observations:
        positions = subject.chunk(observation).positions
        for index, (joint, column) in enumerate(zip(cell.joints, positions.T, strict=True)):
            share = _GRIPPER_SLACK if index in cell.grippers else _SLACK
            outside = max(joint.lower - column.min(), column.max() - joint.upper)
            if outside > max(worst, share * (joint.upper - joint.lower)):
                worst, name = float(outside), joint.name
    found = f'{name} {worst:.3f} outside' if name else 'all inside'
    return measured(
        item, not name, found, allowed, 'the filter clamps it; check statistics and units'
    )


def weight_bytes(policy: Policy) -> int:
    """Return the memory of a policy's weights [bytes]; 0 for one without a network."""
    checkpoint = getattr(policy, 'checkpoint', None)
    if checkpoint is None:
        return 0
    return sum(p.numel() * p.element_size() for p in checkpoint.network.parameters())
