"""What RoboArena's numbers and images are, which are DROID's: joints in rad, gripper 1 closed."""

from dataclasses import replace

from vla_contract.deployment.cell import Cell
from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import PolicyError
from vla_contract.vectors.component import JOINT_POSITION
from vla_contract.vectors.presets import state_of
from vla_contract.vectors.scale import joint_scales
from vla_policy_server.wire.roboarena.server_config import GRIPPER, JOINTS, ServerConfig

_CONVENTION = 'droid'


def droid_state(cell: Cell) -> dict[str, tuple[str, ...]]:
    """Return the joints behind each state key of RoboArena: the arm's and the gripper's."""
    names = cell.joint_names
    return {
        JOINTS: tuple(names[i] for i in cell.arm),
        GRIPPER: tuple(names[i] for i in cell.grippers),
    }


def wanted_images(config: ServerConfig, images: dict[str, str], url: str) -> dict[str, str]:
    """Return the images of a remote configuration that a server wants.

    Args:
        config: what the server wants.
        images: key of each camera's or feature's image.
        url: the server, for errors.

    Raises:
        PolicyError: it wants one that is not there.
    """
    missing = [key for key in config.image_keys if key not in images.values()]
    if missing:
        raise PolicyError(
            f'{url} wants {", ".join(missing)}; found: {", ".join(images.values()) or "none"}: '
            'name a camera for each under images of the remote'
        )
    return {name: key for name, key in images.items() if key in config.image_keys}


def require_droid_units(deployment: Deployment, url: str) -> None:
    """Refuse a policy file whose positions have other units than DROID's, which RoboArena means.

    How large the numbers of velocities and of tools are stands in the policy file alone.

    Raises:
        PolicyError: the positions of a joint are said otherwise.
    """
    cell, policy = deployment.cell, deployment.policy
    for what, components in (('state', policy.state), ('action', policy.action)):
        ours = joint_scales([c for c in components if c.quantity == JOINT_POSITION], cell)
        theirs = joint_scales(state_of(_CONVENTION, tuple(ours), cell), cell)
        for name, scale in ours.items():
            if scale.meaning != theirs[name].meaning:
                raise PolicyError(
                    f'{url}: {what}: {name}: found {scale.meaning} in policy {policy.name}; '
                    f'RoboArena means {theirs[name].meaning}: preset {_CONVENTION} says so'
                )


def in_droid_units(deployment: Deployment) -> Deployment:
    """Return a deployment whose state and action are DROID's: the arm's joints, then the gripper.

    Both are positions, whatever the policy itself speaks.
    """
    names = tuple(name for part in droid_state(deployment.cell).values() for name in part)
    components = state_of(_CONVENTION, names, deployment.cell)
    policy = replace(deployment.policy, state=components, action=components)
    return replace(deployment, policy=policy)
