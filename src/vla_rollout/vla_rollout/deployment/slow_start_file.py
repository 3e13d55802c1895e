"""The file of a slow start, which remembers every episode across restarts."""

from dataclasses import asdict
from pathlib import Path

from vla_contract.errors import VlaError
from vla_contract.schema import build, load_yaml
from vla_contract.whole_file import write_whole
from vla_rollout.deployment.slow_start import SlowStart
from vla_rollout.preflight.seal import sealed, unsealed
from vla_rollout.preflight.subject import Place, Subject
import yaml


def load_slow_start(path: Path, subject: Subject) -> SlowStart:
    """Read a state; one that does not exist begins at the slowest speed.

    Args:
        path: of the state.
        subject: what is to move.

    Raises:
        VlaError: nobody knows what the policy is, or the file is damaged or edited, or belongs to
            another cell, calibration, backend or policy.
    """
    subject.require_known()
    new = SlowStart(
        subject.cell_sha256,
        subject.policy.sha256,
        subject.policy.backend,
        dict(subject.calibration_ids),
        subject.description_sha256,
    )
    if not path.exists():
        return new
    state = build(SlowStart, unsealed(load_yaml(path), path), str(path))
    if not state.step < len(state.rule.steps):
        raise VlaError(f'{path}: step {state.step}; allowed: 0 to {len(state.rule.steps) - 1}')
    if differences := _differences(state, new):
        raise VlaError(
            f'{path} was begun with another {", ".join(differences)}; name a new file: what has '
            'changed starts at the lowest speed'
        )
    return state


def save_slow_start(path: Path, state: SlowStart) -> None:
    """Write the state so that a crash leaves the old one or the new one.

    Raises:
        VlaError: it cannot be sealed.
        OSError: it cannot be written.
    """
    write_whole(path, yaml.safe_dump(sealed(asdict(state)), sort_keys=False))


def _differences(state: SlowStart, new: SlowStart) -> list[str]:
    before, now = (
        Place(s.cell_sha256, s.calibration_ids, s.description_sha256) for s in (state, new)
    )
    found = before.differences_of_place(now)
    if state.backend != new.backend:
        found.append(f'backend ({state.backend}, not {new.backend})')
    elif state.policy_sha256 != new.policy_sha256:
        found.append(f'policy ({state.policy_sha256[:8]}, not {new.policy_sha256[:8]})')
    return found
