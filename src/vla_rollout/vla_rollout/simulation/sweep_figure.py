"""Success rates of a sweep with their intervals, one row per domain."""

from collections.abc import Sequence
import io

from vla_rollout.simulation.sweep import Row

_COLOURS = ('#d08a2e', '#2b6cb0')
_APART = 0.22


def draw_sweep(rows: Sequence[Row]) -> bytes:
    """Return a PNG: success rate and Wilson interval of every policy in every domain."""
    from matplotlib.figure import Figure

    domains = list(dict.fromkeys(row.domain for row in rows))
    policies = list(dict.fromkeys(row.policy for row in rows))
    figure = Figure(figsize=(7.0, 1.2 + 0.45 * len(domains)), layout='constrained')
    axes = figure.subplots()
    for number, (policy, colour) in enumerate(zip(policies, _COLOURS, strict=False)):
        own = [(row.domain, row.score.interval) for row in rows if row.policy == policy]
        shift = _APART * (number - (len(policies) - 1) / 2)
        # A policy that never answered has no point.
        known = [(domain, interval) for domain, interval in own if interval]
        rates = [100 * i.rate for _, i in known]
        below = [100 * (i.rate - i.lower) for _, i in known]
        above = [100 * (i.upper - i.rate) for _, i in known]
        places = [domains.index(domain) + shift for domain, _ in known]
        axes.errorbar(
            rates, places, xerr=[below, above], fmt='o', capsize=3, color=colour, label=policy
        )
    axes.set_yticks(range(len(domains)), domains)
    axes.invert_yaxis()
    axes.set_xlim(-2, 102)
    axes.set_xlabel(f'success [%] with 95 % interval, {len(rows[0].results)} episodes each')
    axes.grid(axis='x', alpha=0.3)
    axes.legend(loc='upper center', bbox_to_anchor=(0.5, -0.25), ncols=2, frameon=False)
    memory = io.BytesIO()
    figure.savefig(memory, format='png', dpi=110)
    return memory.getvalue()
