"""Staged speed limits: faster after a sequential test accepts, slower after a failure."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path

from vla_contract.errors import VlaError
from vla_contract.schema import build, load_yaml, setting
from vla_contract.whole_file import write_whole
from vla_rollout.preflight.seal import sealed, unsealed
from vla_rollout.preflight.subject import differing_calibrations, Subject
from vla_rollout.statistics.sequential import SequentialTest
import yaml

SOFT_EPISODES = 5
"""Episodes with soft objects before any others, as the checklist wants them."""


@dataclass(frozen=True)
class SpeedRule:
    """When speed changes.

    Raised by one step after `successes` of the episodes at this speed succeeded and the sequential
    test accepts them; lowered by one step, and at least to where it was, when the test rejects
    them, or after an episode that ended in a collision or a latched stop.
    """

    steps: tuple[float, ...] = setting(
        (0.1, 0.2, 0.4, 0.7, 1.0), doc='shares of the velocity limits', lower=0.01, upper=1.0
    )
    successes: int = setting(20, doc='needed at a speed before the next', lower=1, upper=10_000)
    test: SequentialTest = setting(SequentialTest(), doc='of the success rate at a speed')


@dataclass(frozen=True)
class Outcome:
    """One episode of a slow start."""

    speed: float = setting(doc='share of the velocity limits', lower=0.0, upper=1.0)
    success: bool = setting(doc='the task was done')
    is_soft: bool = setting(doc='with a soft object')
    is_alarming: bool = setting(doc='a collision, or a stop that latched')


@dataclass(frozen=True)
class SlowStart:
    """How far a policy has come on a robot; every episode makes a new one.

    It belongs to one cell, its calibrations and one policy: another of these starts again at the
    slowest.
    """

    cell_sha256: str = setting(doc='the cell')
    policy_sha256: str = setting(doc='the policy: backend, files, policy file')
    backend: str = setting(doc='what computes the policy')
    calibration_ids: dict[str, str] = setting(doc='calibration of every camera')
    rule: SpeedRule = setting(SpeedRule(), doc='when speed changes')
    step: int = setting(0, doc='index of the speed in use', lower=0)
    episodes: tuple[Outcome, ...] = setting((), doc='all episodes so far')
    since: int = setting(0, doc='episodes before the last change of speed', lower=0)

    @property
    def speed(self) -> float:
        """Share of the velocity limits that the next episode may use."""
        return self.rule.steps[self.step]

    @property
    def needs_soft_object(self) -> bool:
        """Whether the next episode must be one with a soft object."""
        return sum(episode.is_soft for episode in self.episodes) < SOFT_EPISODES

    def after(self, success: bool, is_soft: bool, is_alarming: bool) -> 'SlowStart':
        """Return the state after one more episode at the present speed.

        Raises:
            VlaError: soft objects come first.
        """
        if self.needs_soft_object and not is_soft:
            done = sum(episode.is_soft for episode in self.episodes)
            raise VlaError(
                f'{done} of {SOFT_EPISODES} episodes with soft objects are done; they come first'
            )
        outcome = Outcome(self.speed, success, is_soft, is_alarming)
        state = replace(self, episodes=(*self.episodes, outcome))
        here = [episode.success for episode in state.episodes[state.since :]]
        if is_alarming or self.rule.test.rejects(here):
            return state._at(max(0, self.step - 1))
        if sum(here) >= self.rule.successes and self.rule.test.accepts(here):
            return state._at(min(len(self.rule.steps) - 1, self.step + 1))
        return state

    def _at(self, step: int) -> 'SlowStart':
        """Change to a speed, or begin to count anew at the same."""
        return replace(self, step=step, since=len(self.episodes))

    def describe(self) -> str:
        """Return how far it has come, in one line."""
        here = [episode.success for episode in self.episodes[self.since :]]
        text = (
            f'speed {self.speed:.0%}, {sum(here)} of {self.rule.successes} successes needed, '
            f'{len(here)} episodes at this speed, {len(self.episodes)} in all'
        )
        return f'{text}; soft object next' if self.needs_soft_object else text


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
    found = []
    if state.cell_sha256 != new.cell_sha256:
        found.append(f'cell ({state.cell_sha256[:8]}, not {new.cell_sha256[:8]})')
    if state.backend != new.backend:
        found.append(f'backend ({state.backend}, not {new.backend})')
    elif state.policy_sha256 != new.policy_sha256:
        found.append(f'policy ({state.policy_sha256[:8]}, not {new.policy_sha256[:8]})')
    return found + differing_calibrations(state.calibration_ids, new.calibration_ids)
