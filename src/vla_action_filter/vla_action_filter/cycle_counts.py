"""How often the filter did what, for status and results."""

from collections import Counter

from vla_contract.filter_status import Verdict


class CycleCounts(Counter[str]):
    """Counts by name; a cycle counts by its verdict, and where an intervention begins."""

    def __init__(self) -> None:
        """Start at zero."""
        super().__init__()
        self._last = Verdict.HOLD

    def cycle(self, verdict: Verdict, is_human: bool) -> None:
        """Take a cycle, and whether a human commanded in it."""
        self['cycles'] += 1
        self[f'{verdict.name.lower()}_cycles'] += 1
        if is_human:
            self['human_cycles'] += 1
        if verdict is not Verdict.PASS and self._last is Verdict.PASS:
            self['interventions'] += 1
        self._last = verdict
