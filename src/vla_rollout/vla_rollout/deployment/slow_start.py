"""Staged speed limits: faster after a sequential test accepts, never again after it rejects."""

from dataclasses import dataclass, replace

from vla_contract.errors import VlaError
from vla_contract.schema import setting
from vla_rollout.statistics.sequential import SequentialTest

SOFT_EPISODES = 5
"""Episodes with soft objects before any others, as the checklist wants them."""


@dataclass(frozen=True)
class SpeedRule:
    """When speed changes.

    Raised by one step after `successes` of the episodes since the last change succeeded, when the
    sequential test accepts the rate at this speed. Lowered by one step after an episode that ended
    in a collision or a latched stop. When the test rejects a rate, the speed is the lowest from
    then on, until a person has looked at why.

    The test of a speed is one test, of all episodes at that speed: neither an alarm nor another
    speed in between begins it anew. So a policy whose rate at a speed is at most `bad` ever gets
    faster than that speed with a probability of at most `alpha` in a deployment, however long
    (`SequentialTest`); every new beginning would be another try with that probability. An alarm
    counts as a failure in it.
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
class Confirmation:
    """A person has looked at why a rate was rejected; all tests begin anew."""

    by: str = setting(doc='name of the person')
    episodes: int = setting(doc='how many there had been', lower=0)


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
    description_sha256: str = setting(doc="the robot's model, '' for none")
    rule: SpeedRule = setting(SpeedRule(), doc='when speed changes')
    step: int = setting(0, doc='index of the speed in use', lower=0)
    episodes: tuple[Outcome, ...] = setting((), doc='all episodes so far')
    since: int = setting(0, doc='episodes before the last change of speed or alarm', lower=0)
    rejected: float | None = setting(
        None, doc='speed at which the rate was rejected; no faster until a person confirms'
    )
    confirmations: tuple[Confirmation, ...] = setting((), doc='who went on after rejections')

    @property
    def speed(self) -> float:
        """Share of the velocity limits that the next episode may use."""
        return self.rule.steps[self.step]

    @property
    def needs_soft_object(self) -> bool:
        """Whether the next episode must be one with a soft object."""
        return sum(episode.is_soft for episode in self.episodes) < SOFT_EPISODES

    @property
    def tested(self) -> list[bool]:
        """Outcomes that the test of this speed has seen, alarms as failures."""
        begin = self.confirmations[-1].episodes if self.confirmations else 0
        here = [episode for episode in self.episodes[begin:] if episode.speed == self.speed]
        return [episode.success and not episode.is_alarming for episode in here]

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
        if self.rejected is not None:
            return state
        test, tested = self.rule.test, state.tested
        if test.rejects(tested):
            return replace(state._at(0), rejected=self.speed)
        if is_alarming:
            return state._at(max(0, self.step - 1))
        may_rise = self.step < len(self.rule.steps) - 1 and test.accepts(tested)
        if may_rise and state._successes >= self.rule.successes:
            return state._at(self.step + 1)
        return state

    def confirmed(self, by: str) -> 'SlowStart':
        """Return the state after a person has looked at why the rate was rejected.

        Raises:
            VlaError: nobody is named, or nothing was rejected.
        """
        if not by.strip():
            raise VlaError('--resume-after-rejection: found no name; allowed: that of a person')
        if self.rejected is None:
            raise VlaError(
                '--resume-after-rejection: no rate was rejected; allowed: without the option'
            )
        confirmation = Confirmation(by, len(self.episodes))
        confirmations = (*self.confirmations, confirmation)
        return replace(self._at(0), rejected=None, confirmations=confirmations)

    @property
    def _successes(self) -> int:
        return sum(episode.success for episode in self.episodes[self.since :])

    def _at(self, step: int) -> 'SlowStart':
        """Change to a speed, or count successes anew at the same."""
        return replace(self, step=step, since=len(self.episodes))

    def describe(self) -> str:
        """Return how far it has come, in one line."""
        text = f'speed {self.speed:.0%}, {self._progress()}, {len(self.episodes)} in all'
        return f'{text}; soft object next' if self.needs_soft_object else text

    def _progress(self) -> str:
        here = len(self.episodes) - self.since
        if self.rejected is not None:
            return (
                f'rejected: the success rate at speed {self.rejected:.0%} is too low to get '
                'faster; find out why, then --resume-after-rejection NAME, or a new file for '
                f'another policy; {here} episodes since'
            )
        if self.step == len(self.rule.steps) - 1:
            return f'the highest, {here} episodes since the last change'
        return (
            f'{self._successes} of {self.rule.successes} successes needed, {here} episodes since '
            'the last change'
        )
