"""What a permission to move is for: a cell, its files on this machine, and a policy."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vla_contract.errors import VlaError
from vla_policy_server.identity.policy_identity import from_dict, PolicyIdentity


@dataclass(frozen=True)
class Place:
    """Where something may move: a cell, and what this machine has of it.

    Attributes:
        cell_sha256: hash of the cell, robot and limits included.
        calibration_ids: by camera, '' for one without calibration.
        description_sha256: hash of the robot's model, '' for a robot without one.
    """

    cell_sha256: str
    calibration_ids: Mapping[str, str]
    description_sha256: str

    def differences_of_place(self, other: 'Place') -> list[str]:
        """Return in what this place is another than `other`; empty for nothing."""
        found = _differing('cell', self.cell_sha256, other.cell_sha256)
        what = 'description of the robot'
        found += _differing(what, self.description_sha256, other.description_sha256)
        return found + _differing_calibrations(self.calibration_ids, other.calibration_ids)


@dataclass(frozen=True)
class Subject(Place):
    """What may move; another one has to be permitted anew.

    Attributes:
        policy: as whoever loaded it says.
    """

    policy: PolicyIdentity

    @classmethod
    def at(cls, place: Place, policy: PolicyIdentity) -> 'Subject':
        """Return a policy at a place."""
        return cls(place.cell_sha256, place.calibration_ids, place.description_sha256, policy)

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> 'Subject':
        """Return the subject of what `provenance` recorded.

        Raises:
            VlaError: something is missing or damaged.
        """
        try:
            ids, cell = dict(facts['calibration_ids']), str(facts['cell_sha256'])
            return cls(cell, ids, str(facts['description_sha256']), from_dict(facts['identity']))
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
        return self.differences_of_place(other) + differing_parts(self.policy, other.policy)


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


def _differing(what: str, found: str, wanted: str) -> list[str]:
    return [] if found == wanted else [f'{what} ({_short(found)}, not {_short(wanted)})']


def _differing_calibrations(found: Mapping[str, str], wanted: Mapping[str, str]) -> list[str]:
    cameras = sorted({*found, *wanted})
    return [f'calibration of camera {c}' for c in cameras if found.get(c) != wanted.get(c)]


def _short(sha256: str) -> str:
    return sha256[:8] or 'unknown'
