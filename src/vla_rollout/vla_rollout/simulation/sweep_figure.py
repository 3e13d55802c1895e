"""Success rates of a sweep with their intervals, one row per domain."""

from collections.abc import Sequence
from typing import Protocol, TYPE_CHECKING

from vla_contract.page.svg import FIRST, SECOND
from vla_rollout.episodes.answers import Score
from vla_rollout.report.text import brief, printable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLOURS = (FIRST, SECOND)
_MARKERS = ('o', 's')
_APART = 0.36
_LABEL = 32


class Row(Protocol):
    """One policy in one domain, as it ran or as it was read again."""

    @property
    def policy(self) -> str:
        """What ran."""

    @property
    def domain(self) -> str:
        """What was randomised."""

    @property
    def score(self) -> Score:
        """How often it succeeded."""


def draw_sweep(rows: Sequence[Row]) -> 'Figure':
    """Return success rate, Wilson interval and number of episodes of every policy and domain."""
    from matplotlib.figure import Figure

    domains = list(dict.fromkeys(row.domain for row in rows))
    policies = list(dict.fromkeys(row.policy for row in rows))
    figure = Figure(figsize=(5.6, 1.3 + 0.5 * len(domains)), layout='constrained')
    axes = figure.subplots()
    looks = zip(policies, _COLOURS, _MARKERS, strict=False)
    for number, (policy, colour, marker) in enumerate(looks):
        own = [(row.domain, row.score) for row in rows if row.policy == policy]
        shift = _APART * (number - (len(policies) - 1) / 2)
        # A policy that never answered has no point.
        known = [(domain, s.interval, s.episodes) for domain, s in own if s.interval]
        rates = [100 * i.rate for _, i, _ in known]
        below = [100 * (i.rate - i.lower) for _, i, _ in known]
        above = [100 * (i.upper - i.rate) for _, i, _ in known]
        places = [domains.index(domain) + shift for domain, _, _ in known]
        axes.errorbar(
            rates, places, xerr=[below, above], fmt=marker, capsize=3, color=colour,
            label=_shown(policy),
        )  # fmt: skip
        for place, (_, _, episodes) in zip(places, known, strict=True):
            axes.text(104, place, f'n {episodes}', color=colour, fontsize=8, va='center')
    # Without mathtext: a dollar sign in a name is a dollar sign.
    axes.set_yticks(range(len(domains)), map(_shown, domains), parse_math=False)
    axes.set_ylim(len(domains) - 0.5, -0.5)
    axes.set_xlim(-2, 102)
    axes.set_xlabel('success [%] with 95 % interval; n: episodes with an answer')
    axes.grid(axis='x', alpha=0.3)
    axes.spines[['top', 'right']].set_visible(False)
    legend = figure.legend(loc='outside lower center', ncols=2, frameon=False, fontsize=9)
    for text in legend.get_texts():
        text.set_parse_math(False)
    return figure


def _shown(name: str) -> str:
    return printable(brief(name, _LABEL))
