"""The table of everything that can be randomised, with its range in some configurations."""

from collections.abc import Iterable

from vla_sim_bridge.randomization.randomization import RandomizationConfig, TERMS
from vla_sim_bridge.randomization.term import TermConfig


def term_table(configs: Iterable[RandomizationConfig]) -> str:
    """Return a Markdown table, aligned to be read as it is: one row per term."""
    configs = list(configs)
    heads = [_head(config) for config in configs]
    rows = [['term', 'what it does', 'operation', 'unit', *heads]]
    for name, term in TERMS.items():
        ranges = [_range(config.terms.get(name)) for config in configs]
        rows.append([name, term.doc, term.operation, term.unit or '-', *ranges])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rows.insert(1, ['-' * width for width in widths])
    return '\n'.join(
        f'| {" | ".join(f"{cell:<{w}}" for cell, w in zip(row, widths, strict=True))} |'
        for row in rows
    )


def _head(config: RandomizationConfig) -> str:
    return config.name if config.difficulty == 1.0 else f'{config.name} x {config.difficulty:g}'


def _range(config: TermConfig | None) -> str:
    if config is None:
        return '-'
    low, high = config.range
    text = f'{low:g}' if low == high else f'{low:g} to {high:g}'
    return (
        text if config.distribution in ('uniform', 'integer') else f'{text} {config.distribution}'
    )
