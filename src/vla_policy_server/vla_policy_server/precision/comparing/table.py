"""The benchmark's table, in Markdown that also reads well in a terminal."""

from collections.abc import Sequence

from vla_policy_server.precision.comparing.result import Measurement, MethodResult

_COLUMNS = (
    'method',
    'size [MB]',
    'latency [ms]',
    'p50',
    'p95',
    'p99',
    '[Hz]',
    'x fp32',
    'memory [MB]',
    'GPU [MB]',
    'worst action error',
    'of range',
    'success (95 %)',
    'verdict',
)
_NONE = '-'


def markdown_table(results: Sequence[MethodResult]) -> str:
    """Return one row per method that ran."""
    rows = [_cells(result, result.measurement) for result in results if result.measurement]
    widths = [max(map(len, column)) for column in zip(_COLUMNS, *rows, strict=True)]
    lines = [_line(cells, widths) for cells in (_COLUMNS, *rows)]
    lines.insert(1, '|' + '|'.join('-' * (width + 2) for width in widths) + '|')
    return '\n'.join(lines)


def remarks(results: Sequence[MethodResult]) -> list[str]:
    """Return one sentence per method that is refused or could not run."""
    return [
        f'- {result.method} '
        f'{"is refused" if result.measurement else "could not run"}: {"; ".join(result.reasons)}'
        for result in results
        if result.reasons
    ]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return '| ' + ' | '.join(padded) + ' |'


def _cells(result: MethodResult, found: Measurement) -> tuple[str, ...]:
    latency, error, success = found.latency, found.error, found.success
    return (
        result.method,
        _megabytes(found.size_bytes),
        f'{latency.mean_ms:.2f} +- {latency.std_ms:.2f}',
        f'{latency.p50_ms:.2f}',
        f'{latency.p95_ms:.2f}',
        f'{latency.p99_ms:.2f}',
        f'{latency.frequency_hz:.1f}',
        f'{found.speedup:.2f}',
        _megabytes(found.peak_bytes),
        _megabytes(found.gpu_bytes),
        f'{error.worst * 1e3:.2g} m{error.unit} {error.joint}' if error else _NONE,
        f'{error.of_range:.1e}' if error else _NONE,
        f'{success.successes}/{success.episodes} ({success.lower:.0%}-{success.upper:.0%})'
        if success
        else _NONE,
        'accepted' if result.is_accepted else 'refused',
    )


def _megabytes(size: int | None) -> str:
    return _NONE if size is None else f'{size / 1e6:.0f}'
