"""What a worker tells of its deployment when a robot connects, and what the robot makes of it."""

from dataclasses import dataclass
import re
from typing import Any

from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import NameMismatchError, PolicyError
from vla_contract.vectors.vector_codec import VectorCodec
from vla_policy_server.wire.request import PROTOCOL
from vla_policy_server.wire.stated.facts import plain

_COMPARED = ('state_names', 'state_units', 'action_units', 'images')
_COMPARED_OF_OURS = ('action_names', 'fps')
_HASH = re.compile('[0-9a-f]{64}')
_LONGEST_NAME = 80


@dataclass(frozen=True)
class ServedIdentity:
    """What a server says about the policy behind it.

    Attributes:
        sha256: hash of backend, files and policy file.
        content_sha256: hash of the files alone.
        precision: how its network is computed, '' where it does not say.
    """

    sha256: str
    content_sha256: str
    precision: str = ''

    def write(self) -> dict[str, str]:
        """Return what `read_identity` reads."""
        return {
            'sha256': self.sha256,
            'content_sha256': self.content_sha256,
            'precision': self.precision,
        }


def read_identity(metadata: dict[str, Any]) -> ServedIdentity | None:
    """Return what a server says it serves; None for one that does not say it, or not clearly.

    Servers of others may leave `content_sha256` out: then their hash stands for the files too.
    """
    said = metadata.get('identity')
    if not isinstance(said, dict):
        return None
    sha256 = said.get('sha256')
    content_sha256 = said.get('content_sha256', sha256)
    for value in (sha256, content_sha256):
        if not isinstance(value, str) or not _HASH.fullmatch(value):
            return None
    precision = said.get('precision', '')
    precision = precision[:_LONGEST_NAME] if isinstance(precision, str) else ''
    return ServedIdentity(str(sha256), str(content_sha256), precision)


def described(deployment: Deployment, needs_images: bool) -> dict[str, Any]:
    """Return what the messages of a deployment mean, as plain values.

    Args:
        deployment: whose policy is served.
        needs_images: whether the policy looks at images; else they mean nothing.
    """
    cell, policy, codec = deployment.cell, deployment.policy, VectorCodec(deployment)
    images = {seen.feature: seen.described for seen in policy.cameras}
    return {
        'robot': cell.robot.name,
        'cell': cell.name,
        'cell_sha256': cell.sha256,
        'joint_names': list(cell.joint_names),
        'state_names': list(codec.state.names),
        'action_names': list(codec.action.names),
        'state_units': list(codec.state.meanings),
        'action_units': list(codec.action.meanings),
        'fps': policy.rate_hz,
        **({'images': images} if needs_images else {}),
    }


def require_same_meaning(deployment: Deployment, url: str, metadata: dict[str, Any]) -> None:
    """Refuse a server that means something else; what it does not say is taken as ours.

    Names of actions and rates of servers of others are not compared here: `stated.agreement` maps
    those and says what to change.

    Raises:
        NameMismatchError: it has other joints.
        PolicyError: its cell is another, or its policy has other names, units, images or another
            rate.
    """
    cell = deployment.cell
    names = metadata.get('joint_names')
    if isinstance(names, list) and sorted(map(str, names)) != sorted(cell.joint_names):
        raise NameMismatchError(f'{url}: joints', cell.joint_names, map(str, names))
    found = metadata.get('cell_sha256', cell.sha256)
    if not isinstance(found, str) or found != cell.sha256:
        raise PolicyError(
            f'{url} serves cell {metadata.get("cell")!s:.80} with sha256 {found!s:.12}, this '
            f'robot has {cell.name} with {cell.sha256:.12}: use the same files on both'
        )
    ours = described(deployment, needs_images=True)
    is_ours = metadata.get('protocol') == PROTOCOL
    for key in _COMPARED + _COMPARED_OF_OURS * is_ours:
        found = plain(metadata.get(key, ours[key]))
        if found != ours[key]:
            raise PolicyError(
                f'{url}: {key}: found {found!s:.300}; policy {deployment.policy.name} '
                f'has {ours[key]!s:.300}: use the same policy file on both'
            )
