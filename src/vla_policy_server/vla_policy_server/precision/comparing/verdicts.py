"""From raw figures to the rows of the table."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from vla_contract.deployment.cell import Cell
from vla_policy_server.precision.comparing.action_error import action_error, ActionError
from vla_policy_server.precision.comparing.comparison import Comparison
from vla_policy_server.precision.comparing.method_process import Report
from vla_policy_server.precision.comparing.result import Measurement, MethodResult, Success
from vla_policy_server.precision.comparing.timing import summarise
from vla_policy_server.precision.gate import Limits, objections
from vla_policy_server.precision.registry import PRECISIONS

Rollout = Callable[[str, float], Success]
"""Runs counted episodes with (method, latency [s])."""


def measurements(found: Comparison, reference: str, cell: Cell) -> dict[str, Measurement]:
    """Return the figures of every method that ran, beside those of the reference."""
    base = found.reports[reference]
    base_p50_ms = summarise(found.durations_ns[reference]).p50_ms
    measured = {}
    for method, report in found.reports.items():
        latency = summarise(found.durations_ns[method])
        measured[method] = Measurement(
            size_bytes=report.size_bytes,
            latency=latency,
            speedup=base_p50_ms / latency.p50_ms,
            peak_bytes=report.peak_bytes,
            gpu_bytes=report.gpu_bytes,
            error=_error(report, base, cell),
        )
    return measured


def roll_out(measured: Mapping[str, Measurement], rollout: Rollout) -> dict[str, Measurement]:
    """Add the closed-loop success of every method, as late as its 95th percentile."""
    return {
        method: replace(figures, success=rollout(method, figures.latency.p95_ms / 1e3))
        for method, figures in measured.items()
    }


def judge(
    measured: Mapping[str, Measurement],
    absent: Mapping[str, str],
    reference: str,
    limits: Limits,
) -> list[MethodResult]:
    """Return a row per method in the registry's order; the reference is never refused."""
    rows = []
    for method, precision in PRECISIONS.items():
        reasons: tuple[str, ...] = ()
        if method in absent:
            reasons = (absent[method],)
        elif method not in measured:
            continue
        elif method != reference:
            reasons = objections(measured[method], measured[reference], limits)
        rows.append(MethodResult(method, precision.doc, measured.get(method), reasons))
    return rows


def fastest(results: list[MethodResult]) -> str:
    """Return the accepted method with the shortest median latency."""
    speeds = {
        row.method: row.measurement.speedup
        for row in results
        if row.measurement is not None and row.is_accepted
    }
    return max(speeds, key=speeds.__getitem__)


def _error(report: Report, base: Report, cell: Cell) -> ActionError | None:
    if report.actions is None or base.actions is None:
        return None
    return action_error(report.actions, base.actions, cell)
