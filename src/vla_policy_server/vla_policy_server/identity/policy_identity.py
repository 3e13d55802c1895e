"""What runs, in a form that programs compare: names, and hashes of what the names stand for."""

from dataclasses import asdict, dataclass
import json
from typing import Any

from vla_contract.deployment.meaning import meaning_sha256
from vla_contract.errors import SettingError, VlaError
from vla_contract.schema import build, setting

_WHERE = 'identity of a policy'
_SHA256 = 'sha256'


@dataclass(frozen=True)
class PolicyIdentity:
    """Which policy runs; two policies are the same if `sha256` is the same and not empty."""

    policy: str = setting(doc='name of the policy')
    backend: str = setting(doc='what computes it')
    source: str = setting(doc='where its files or its server are')
    precision: str = setting(doc="of its network, '' where it has none")
    content_sha256: str = setting(doc="hash of its files, '' where they are not known")
    policy_file_sha256: str = setting(doc='hash of what its policy file means, without places')
    cell_sha256: str = setting(doc='hash of the cell it runs in')
    deployment_sha256: str = setting(doc='hash of the deployment it runs in')
    revision: str = setting('', doc='commit of a checkpoint of the hub')
    unknown: str = setting('', doc='why its files are not known, one sentence')

    @property
    def sha256(self) -> str:
        """Hash of backend, content and policy file; '' while the content is unknown.

        The precision is left out: which one is good enough, `vla policy benchmark` decides.
        """
        if not self.content_sha256:
            return ''
        return meaning_sha256([self.backend, self.content_sha256, self.policy_file_sha256])

    def to_dict(self) -> dict[str, str]:
        """Return all fields and `sha256` as plain values, as they stand in records."""
        return {**asdict(self), _SHA256: self.sha256}

    def to_json(self) -> str:
        """Return what the topic `policy_server/identity` carries."""
        return json.dumps(self.to_dict())


def from_json(text: str) -> PolicyIdentity:
    """Return the identity that `to_json` wrote.

    Args:
        text: not empty; an empty message on the topic means that nothing is loaded.

    Raises:
        VlaError: the text is damaged.
    """
    try:
        values = json.loads(text)
    except ValueError as error:
        raise VlaError(f'{_WHERE}: found {text[:80]!r}, which is not JSON: {error}') from None
    return from_dict(values)


def from_dict(values: Any) -> PolicyIdentity:
    """Return the identity that `to_dict` wrote.

    Raises:
        VlaError: a value is missing, unknown, of the wrong type, or does not fit its hash.
    """
    if not isinstance(values, dict):
        raise SettingError(_WHERE, 'all of it', type(values).__name__, 'names and values')
    values = dict(values)
    claimed = values.pop(_SHA256, '')
    identity = build(PolicyIdentity, values, _WHERE)
    if claimed != identity.sha256:
        raise SettingError(_WHERE, _SHA256, repr(claimed), f'{identity.sha256!r}, of its values')
    if not identity.content_sha256 and not identity.unknown:
        raise SettingError(_WHERE, 'unknown', 'nothing', 'why content_sha256 is empty')
    return identity
