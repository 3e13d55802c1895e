"""What a permission to move is for: a cell, the calibrations of its cameras, and a policy."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vla_contract.errors import VlaError
from vla_policy_server.identity.policy_identity import from_dict, PolicyIdentity


@dataclass(frozen=True)
class Subject:
    """What may move; another one has to be permitted anew.

    Attributes:
        cell_sha256: hash of the cell, robot and limits included.
        calibration_ids: by camera, '' for one without calibration.
        policy: as whoever loaded it says.
    """

    cell_sha256: str
    calibration_ids: Mapping[str, str]
    policy: PolicyIdentity

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> 'Subject':
        """Return the subject of what `provenance` recorded.

        Raises:
            VlaError: something is missing or damaged.
        """
        try:
            cell_sha256, ids = str(facts['cell_sha256']), dict(facts['calibration_ids'])
            return cls(cell_sha256, ids, from_dict(facts['identity']))
        except (KeyError, TypeError, ValueError) as error:
            raise VlaError(f'it does not say what it is for: {error!r}') from error

    def require_known(self) -> None:
        """Refuse a policy of which nobody knows what it is, or that runs in another cell.

        Raises:
            VlaError: says why.
        """
        policy = self.policy
        if not policy.sha256:
            raise VlaError(
                f'nobody knows what policy {policy.policy} is: {policy.unknown}; '
                'nothing may be permitted to it'
            )
        if policy.cell_sha256 != self.cell_sha256:
            raise VlaError(
                f'policy {policy.policy} runs in another cell '
                f'({policy.cell_sha256[:8]}, not {self.cell_sha256[:8]}); give both the same'
            )

    def differences(self, other: 'Subject') -> list[str]:
        """Return in what this subject is another than `other`; empty when nothing may differ."""
        found = differing_parts(self.policy, other.policy)
        if self.cell_sha256 != other.cell_sha256:
            found.insert(0, f'cell ({_short(self.cell_sha256)}, not {_short(other.cell_sha256)})')
        return found + differing_calibrations(self.calibration_ids, other.calibration_ids)


def differing_calibrations(found: Mapping[str, str], wanted: Mapping[str, str]) -> list[str]:
    """Return the cameras whose calibration is another."""
    cameras = sorted({*found, *wanted})
    return [f'calibration of camera {c}' for c in cameras if found.get(c) != wanted.get(c)]


def differing_parts(found: PolicyIdentity, wanted: PolicyIdentity) -> list[str]:
    """Return what makes a policy another one: backend, files, or what the policy file means."""
    parts = (
        ('backend', found.backend, wanted.backend),
        ('files of the policy', _short(found.content_sha256), _short(wanted.content_sha256)),
        ('policy file', _short(found.policy_file_sha256), _short(wanted.policy_file_sha256)),
    )
    if found.sha256 and found.sha256 == wanted.sha256:
        return []
    return [f'{name} ({ours}, not {theirs})' for name, ours, theirs in parts if ours != theirs]


def _short(sha256: str) -> str:
    return sha256[:8] or 'unknown'
