"""What failed episodes have in common: their cause, their seeds, and where scenes were drawn."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
import math
from typing import Any

from vla_rollout.report.kinds.episode_row import EpisodeRow
from vla_rollout.statistics.fisher import fisher_p

# Over all values, sides and places of the cut together: of runs in which failures have nothing to
# do with what was drawn, one in twenty names something.
_CHANCE = 0.05
# Where a value is cut: at shares of the episodes. More cuts would each have to be more unlikely.
_CUTS = (0.25, 0.5, 0.75)
# Fewer have something in common by chance, whatever the test says.
_FEWEST = 4


@dataclass(frozen=True)
class Common:
    """A side of a drawn value on which a cause is more frequent than chance allows.

    Attributes:
        name: of the value, as in the manifest.
        side: below or above.
        limit: where it is cut.
        unit: of the limit, '' for none.
        failures: with this cause, on this side.
        successes: on this side.
        all_successes: on both.
        p_value: of Fisher's test, times the number of questions (Bonferroni).
    """

    name: str
    side: str
    limit: float
    unit: str
    failures: int
    successes: int
    all_successes: int
    p_value: float


@dataclass(frozen=True)
class Cluster:
    """The failed episodes of one cause.

    Attributes:
        mode: of the failure.
        cause: that the diagnosis names, '' for none.
        seeds: of its episodes.
        common: what was drawn otherwise than in the successes; None for nothing beyond chance.
    """

    mode: str
    cause: str
    seeds: tuple[int, ...]
    common: Common | None

    @property
    def sentence(self) -> str:
        """What its scenes have in common, in words; '' for nothing."""
        if self.common is None:
            return ''
        c = self.common
        limit = f'{c.limit:.3g} {c.unit}'.rstrip()
        return (
            f'{c.failures} of {len(self.seeds)} with {c.name} {c.side} {limit}, and '
            f'{c.successes} of {c.all_successes} successes (p {c.p_value:.2g})'
        )

    def facts(self) -> dict[str, Any]:
        """Return it as values of JSON."""
        return {**asdict(self), 'seeds': list(self.seeds), 'sentence': self.sentence}


def failure_clusters(rows: Sequence[EpisodeRow]) -> list[Cluster]:
    """Return the failures of a run by cause, the most frequent first.

    Args:
        rows: episodes that count and had an answer, successes among them.
    """
    by_cause: dict[tuple[str, str], list[EpisodeRow]] = {}
    for row in rows:
        if not row.success:
            by_cause.setdefault((row.cause.mode, row.failure_cause), []).append(row)
    successes = [row for row in rows if row.success]
    found = [
        Cluster(mode, cause, tuple(row.seed for row in failed), _common(failed, successes))
        for (mode, cause), failed in by_cause.items()
    ]
    return sorted(found, key=lambda cluster: -len(cluster.seeds))


def _common(failed: Sequence[EpisodeRow], successes: Sequence[EpisodeRow]) -> Common | None:
    """Return the most unlikely side of any value, None where chance would do."""
    if len(failed) < _FEWEST or not successes:
        return None
    asked = list(_sides(failed, successes))
    if not asked:
        return None
    best = min(asked, key=lambda common: common.p_value)
    p_value = min(1.0, best.p_value * len(asked))
    return Common(**{**vars(best), 'p_value': p_value}) if p_value < _CHANCE else None


def _sides(failed: Sequence[EpisodeRow], successes: Sequence[EpisodeRow]) -> Iterator[Common]:
    drawn = [_drawn(row.manifest) for row in (*failed, *successes)]
    names = [name for name in drawn[0] if all(name in values for values in drawn)]
    for name in names:
        values = [one[name][0] for one in drawn]
        unit = drawn[0][name][1]
        ours, theirs = values[: len(failed)], values[len(failed) :]
        ordered = sorted(values)
        for limit in {ordered[int(share * len(ordered))] for share in _CUTS} - {ordered[0]}:
            below = (sum(v < limit for v in ours), sum(v < limit for v in theirs))
            above = (len(ours) - below[0], len(theirs) - below[1])
            for side, (bad, good), (rest, fine) in (
                ('below', below, above),
                ('above', above, below),
            ):
                p_value = fisher_p(bad, bad + good, rest, rest + fine)
                yield Common(name, side, limit, unit, bad, good, len(theirs), p_value)


def _drawn(manifest: Mapping[str, Any]) -> dict[str, tuple[float, str]]:
    """Return the numbers that were drawn for a scene with their units; others are passed over."""
    found = {}
    randomization = manifest.get('randomization')
    drawn = randomization.get('values') if isinstance(randomization, dict) else None
    for values in (manifest.get('values'), drawn):
        for name, entry in values.items() if isinstance(values, dict) else ():
            value = entry.get('value') if isinstance(entry, dict) else entry
            if isinstance(value, int | float) and math.isfinite(value):
                unit = entry.get('unit') if isinstance(entry, dict) else ''
                found[str(name)] = (float(value), str(unit or ''))
    return found
