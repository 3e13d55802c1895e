"""Images in the size that a server asks for."""

from dataclasses import replace

from vla_contract.deployment.deployment import Deployment
from vla_contract.deployment.policy_file import PolicyCamera
from vla_policy_server.wire.stated.facts import AS_CAPTURED


def with_image_size(deployment: Deployment, size: tuple[int, int] | None) -> Deployment:
    """Return a deployment whose policy sees every camera in the size that a server asks for.

    Turned, mirrored and fitted they are as the policy file says.

    Args:
        deployment: cell and policy file.
        size: height and width [px], `AS_CAPTURED` for the camera's own, None for the policy's.
    """
    if size is None:
        return deployment
    policy = deployment.policy
    cameras = tuple(_resized(deployment, camera, size) for camera in policy.cameras)
    return replace(deployment, policy=replace(policy, cameras=cameras))


def _resized(deployment: Deployment, seen: PolicyCamera, size: tuple[int, int]) -> PolicyCamera:
    height, width = size
    if size == AS_CAPTURED:
        camera = deployment.cell.camera(seen.camera)
        height, width = camera.height, camera.width
        if seen.rotate % 180:
            height, width = width, height
    return replace(seen, height=height, width=width)
