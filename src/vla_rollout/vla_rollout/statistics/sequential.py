"""Go or no-go while episodes come in: Wald's sequential test of a success rate."""

from collections.abc import Iterable
from dataclasses import dataclass
import math

from vla_contract.schema import setting


@dataclass(frozen=True)
class SequentialTest:
    """Tests a rate of `bad` against one of `good`; looking after every episode is allowed.

    Wald 1945 (Ann. Math. Stat. 16, 117-186): each success adds log(good / bad), each failure
    log((1 - good) / (1 - bad)); it ends at log((1 - beta) / alpha) or log(beta / (1 - alpha)).
    A fixed test looked at again and again finds a difference that is not there in 12 % of cases
    instead of 5 %.
    """

    bad: float = setting(0.7, doc='success rate that must not be accepted', lower=0.01, upper=0.99)
    good: float = setting(0.9, doc='success rate that should be', lower=0.01, upper=0.99)
    alpha: float = setting(0.05, doc='probability of accepting a bad one', lower=1e-6, upper=0.5)
    beta: float = setting(0.1, doc='probability of rejecting a good one', lower=1e-6, upper=0.5)

    def evidence(self, outcomes: Iterable[bool]) -> float:
        """Return the log likelihood ratio of good over bad."""
        up = math.log(self.good / self.bad)
        down = math.log((1 - self.good) / (1 - self.bad))
        return sum(up if success else down for success in outcomes)

    def accepts(self, outcomes: Iterable[bool]) -> bool:
        """Whether the rate is shown to be good."""
        return self.evidence(outcomes) >= math.log((1 - self.beta) / self.alpha)

    def rejects(self, outcomes: Iterable[bool]) -> bool:
        """Whether the rate is shown to be bad."""
        return self.evidence(outcomes) <= math.log(self.beta / (1 - self.alpha))
