"""What a worker tells of its deployment when a robot connects, and what the robot makes of it."""

from typing import Any

from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import NameMismatchError, PolicyError


def described(deployment: Deployment, needs_images: bool) -> dict[str, Any]:
    """Return what the messages of a deployment mean, as plain values.

    Args:
        deployment: whose policy is served.
        needs_images: whether the policy looks at images; else they mean nothing.
    """
    cell, policy = deployment.cell, deployment.policy
    images = {
        seen.feature: f'camera {seen.camera}, {seen.width} x {seen.height} px, {seen.resize}'
        for seen in policy.cameras
    }
    return {
        'robot': cell.robot.name,
        'cell': cell.name,
        'cell_sha256': cell.sha256,
        'joint_names': list(cell.joint_names),
        'state_names': list(policy.state_names),
        'action_names': list(policy.action_names),
        'fps': policy.rate_hz,
        **({'images': images} if needs_images else {}),
    }


def require_same_meaning(deployment: Deployment, url: str, metadata: dict[str, Any]) -> None:
    """Refuse a server that means something else; what it does not say is taken as ours.

    Raises:
        NameMismatchError: it has other joints.
        PolicyError: its cell is another, or its policy has other names, another rate or images.
    """
    cell = deployment.cell
    names = metadata.get('joint_names')
    if isinstance(names, list) and sorted(map(str, names)) != sorted(cell.joint_names):
        raise NameMismatchError(f'{url}: joints', cell.joint_names, map(str, names))
    found = metadata.get('cell_sha256', cell.sha256)
    if found != cell.sha256:
        raise PolicyError(
            f'{url} serves cell {metadata.get("cell")!s:.80} with sha256 {found!s:.12}, this '
            f'robot has {cell.name} with {cell.sha256:.12}: use the same files on both'
        )
    ours = described(deployment, needs_images=True)
    for key in ('state_names', 'action_names', 'fps', 'images'):
        if metadata.get(key, ours[key]) != ours[key]:
            raise PolicyError(
                f'{url}: {key}: found {metadata[key]!s:.300}; policy {deployment.policy.name} '
                f'has {ours[key]!s:.300}: use the same policy file on both'
            )
