"""Scores a replay the way nav2 scores its collision monitor, plus what chunks need."""

from dataclasses import asdict, dataclass
from itertools import groupby, pairwise

import numpy as np
from numpy.typing import NDArray
from vla_action_filter.replay.replay import Trace
from vla_action_filter.watchdogs.lag_meter import LagMeter
from vla_contract.deployment.cell import Cell
from vla_contract.filter_status import Verdict
from vla_contract.values import Vector

# A joint below this share of its speed limit stands; below it above it moves.
_STANDING, _MOVING = 1e-3, 1e-2
# After a fault the arm may wait for a chunk before holding counts as false.
_GRACE_S = 1.0
# A seam is what happens within this time around a new chunk.
_SEAM_S = 0.05


@dataclass(frozen=True)
class FaultScore:
    """How the filter dealt with one fault; None where it did not get there.

    Attributes:
        cause: label of the stream.
        time_to_stop_s: from the beginning of the fault to standstill.
        hold_percent: share of the rest of the fault in which the arm stood.
        time_to_resume_s: from the end of the fault to motion.
    """

    cause: str
    time_to_stop_s: float | None
    hold_percent: float | None
    time_to_resume_s: float | None


def score(trace: Trace, cell: Cell) -> dict[str, object]:
    """Return the figures of a replay, ready for JSON.

    Outside faults: `false_stop_percent` of cycles that hold or stop after the first chunk, and
    `clamp_percent` of cycles in which a limit was active. Seams: `intra_chunk_acceleration` and
    `seam_acceleration` (median over chunks of the largest change of speed, as shares of each
    joint's limit), `boundary_jump` of the plan between two chunks [rad or m, median] and
    `boundary_velocity_cosine` of its direction there (1 goes on, -1 turns back). `added_lag_ms`:
    least-squares delay of the command behind the plan while both move.
    """
    arm = np.array(cell.arm)
    speed = np.diff(trace.command[:, arm], axis=0, prepend=trace.command[:1, arm]) / trace.period_s
    share = np.abs(speed / [cell.joints[i].velocity for i in arm]).max(axis=1)
    faults = [_score_fault(trace, share, first, last) for first, last in _intervals(trace)]
    usual = _usual_cycles(trace, share)
    verdict = trace.verdict[usual]
    count = max(1, len(verdict))
    return {
        'cycles': len(trace.time_ns),
        'faults': [asdict(fault) for fault in faults],
        'false_stop_percent': 100.0 * float((verdict >= Verdict.HOLD).sum()) / count,
        'clamp_percent': 100.0 * float((verdict == Verdict.CLAMP).sum()) / count,
        **_seam_scores(trace, cell, speed),
        'added_lag_ms': added_lag_ms(trace, arm, usual),
        'report': trace.report,
    }


def added_lag_ms(trace: Trace, arm: Vector, cycles: NDArray[np.intp]) -> float | None:
    """Return the delay of the command behind the plan [ms], None where nothing moves."""
    moving = cycles[np.isfinite(trace.desired[cycles]).all(axis=1)]
    meter = LagMeter()
    signals = (trace.desired, trace.desired_velocity, trace.command)
    meter.add(*(signal[moving][:, arm] for signal in signals))
    return meter.lag_ms


def _intervals(trace: Trace) -> list[tuple[int, int]]:
    """Return first and one past the last cycle of every fault."""
    intervals = []
    for cause, cycles in groupby(range(len(trace.fault)), key=lambda k: trace.fault[k]):
        indices = list(cycles)
        if cause:
            intervals.append((indices[0], indices[-1] + 1))
    return intervals


def _score_fault(trace: Trace, share: Vector, first: int, last: int) -> FaultScore:
    standing = share[first:last] < _STANDING
    # Standing for good, not passing through a turning point.
    verdicts = trace.verdict[first:last] >= Verdict.HOLD
    stopped = np.flatnonzero(standing & verdicts)
    moving = np.flatnonzero(share[last:] > _MOVING)
    return FaultScore(
        trace.fault[first],
        float(stopped[0]) * trace.period_s if len(stopped) else None,
        100.0 * float(standing[stopped[0] :].mean()) if len(stopped) else None,
        float(moving[0]) * trace.period_s if len(moving) else None,
    )


def _usual_cycles(trace: Trace, share: Vector) -> NDArray[np.intp]:
    """Return the cycles after the first chunk that no fault explains."""
    moving = np.flatnonzero(share > _MOVING)
    grace = round(_GRACE_S / trace.period_s)
    starts = [cycle + grace for cycle in trace.offers[:1]] + moving[:1].tolist()
    usual = np.zeros(len(share), dtype=bool)
    if starts:
        usual[min(starts) :] = True
    for first, last in _intervals(trace):
        usual[first : last + grace] = False
    return np.flatnonzero(usual)


def _seam_scores(trace: Trace, cell: Cell, speed: Vector) -> dict[str, object]:
    arm = np.array(cell.arm)
    limits = np.array([cell.joints[i].acceleration for i in arm])
    change = np.abs(np.diff(speed, axis=0, prepend=speed[:1])) / trace.period_s / limits
    width = max(1, round(_SEAM_S / trace.period_s))
    at_seam, between, jumps, cosines = [], [], [], []
    for seam, end in pairwise([*trace.seams, len(speed)]):
        at_seam.append(float(change[seam : seam + width].max()))
        if end > seam + width:
            between.append(float(change[seam + width : end].max()))
        if seam == 0 or trace.fault[seam]:
            continue
        before, after = trace.desired[seam - 1][arm], trace.desired[seam][arm]
        v, w = trace.desired_velocity[seam - 1][arm], trace.desired_velocity[seam][arm]
        # What the old plan would have done in this cycle is no jump.
        jumps.append(float(np.abs(after - before - v * trace.period_s).max()))
        product = float(np.linalg.norm(v) * np.linalg.norm(w))
        if product > 0.0:
            cosines.append(float(v @ w) / product)
    return {
        'chunks': len(trace.seams),
        'intra_chunk_acceleration': _median(between),
        'seam_acceleration': _median(at_seam),
        'boundary_jump': _median(jumps),
        'boundary_velocity_cosine': _median(cosines),
    }


def _median(values: list[float]) -> float | None:
    known = [value for value in values if np.isfinite(value)]
    return float(np.median(known)) if known else None
