"""Which joint moved when one was told to, how far, and which way round.

Two lists of joints in different orders make no error message: the arm moves, only wrongly. The
traces tell: every commanded joint is paired with the measured joint that it correlates with most,
one to one; on the right robot that is itself, with gain 1 and sign +.
"""

from dataclasses import dataclass

import numpy as np
from vla_contract.values import Vector
from vla_identification.joints.latency import Delay, LatencyError, measure_delay
from vla_identification.motion_recording import MotionRecording

# A command that sways by less tells nothing [rad or m].
_SMALLEST_MOTION = 0.005
# Correlation below which two traces have nothing to do with one another.
_SMALLEST_CORRELATION = 0.8
_SMALLEST_GAIN, _LARGEST_GAIN = 0.8, 1.25
# A joint that rests further from its command has another zero; servos sag by less under load.
_LARGEST_OFFSET = 0.05
_DEGREES = np.degrees(1.0)


@dataclass(frozen=True)
class JointFinding:
    """What one commanded joint did.

    Attributes:
        joint: the joint that was told to move.
        moved: the joint that moved; '' where none did.
        gain: measured motion per commanded motion, with its sign; 0 where none moved.
        offset: measured less commanded position, at rest [rad or m].
        delay: of the measured behind the commanded motion; None where none moved.
        problem: one sentence, empty where all is well.
    """

    joint: str
    moved: str
    gain: float
    offset: float
    delay: Delay | None
    problem: str


@dataclass(frozen=True, eq=False)
class JointCheck:
    """The findings of a recording.

    Attributes:
        correlation: of command j (row) and measurement k (column) at their best delay, with
            sign, shape (D, D); 0 where one of them stood still.
        findings: one per joint that was told to move.
        untested: joints that were not.
    """

    correlation: Vector
    findings: tuple[JointFinding, ...]
    untested: tuple[str, ...]

    @property
    def problems(self) -> tuple[str, ...]:
        """All problems, one sentence each."""
        return tuple(finding.problem for finding in self.findings if finding.problem)


def check_joints(recording: MotionRecording, most_delay_s: float = 1.0) -> JointCheck:
    """Pair commanded with measured joints.

    Args:
        recording: commands and joint states.
        most_delay_s: the longest delay to expect [s].
    """
    from scipy.optimize import linear_sum_assignment

    told = np.ptp(recording.command, axis=0) > _SMALLEST_MOTION
    delays = _delays(recording, told, most_delay_s)
    correlation = np.array([[d.correlation if d else 0.0 for d in row] for row in delays])
    signs = _signs(recording, delays)
    rows, columns = linear_sum_assignment(-np.abs(correlation))
    findings = tuple(
        _finding(recording, j, k, delays[j][k], signs[j, k])
        for j, k in zip(rows.tolist(), columns.tolist(), strict=True)
        if told[j]
    )
    untested = tuple(n for n, moves in zip(recording.names, told, strict=True) if not moves)
    return JointCheck(correlation * signs, findings, untested)


def _delays(
    recording: MotionRecording, told: Vector, most_delay_s: float
) -> list[list[Delay | None]]:
    """Return the best delay of every pair; None where command or joint stood still."""
    count = len(recording.names)
    delays: list[list[Delay | None]] = [[None] * count for _ in range(count)]
    moved = np.ptp(recording.measured, axis=0) > _SMALLEST_MOTION / 10.0
    for j in np.flatnonzero(told):
        for k in np.flatnonzero(moved):
            try:
                delays[j][k] = measure_delay(
                    recording.command_s, recording.command[:, j],
                    recording.measured_s, recording.measured[:, k],
                    most_delay_s, either_sign=True,
                )  # fmt: skip
            except LatencyError:
                continue
    return delays


def _signs(recording: MotionRecording, delays: list[list[Delay | None]]) -> Vector:
    signs = np.ones((len(delays), len(delays)))
    for j, row in enumerate(delays):
        for k, delay in enumerate(row):
            if delay is not None:
                signs[j, k] = np.sign(_line(recording, j, k, delay)[0]) or 1.0
    return signs


def _line(recording: MotionRecording, j: int, k: int, delay: Delay) -> tuple[float, float]:
    """Return gain and offset of measured k over the delayed command j, by least squares."""
    at = recording.measured_s - delay.seconds
    inside = (at >= recording.command_s[0]) & (at <= recording.command_s[-1])
    command = np.interp(at[inside], recording.command_s, recording.command[:, j])
    measured = recording.measured[inside, k]
    centred = command - command.mean()
    gain = float(centred @ measured) / max(float(centred @ centred), 1e-300)
    return gain, float(np.median(measured - command))


def _finding(
    recording: MotionRecording, j: int, k: int, delay: Delay | None, sign: float
) -> JointFinding:
    joint, moved = recording.names[j], recording.names[k]
    if delay is None or delay.correlation < _SMALLEST_CORRELATION:
        return JointFinding(joint, '', 0.0, 0.0, None, f'{joint} was told to move and none did')
    gain, offset = _line(recording, j, k, delay)
    problem = _problem(joint, moved, gain, offset)
    return JointFinding(joint, moved, gain, offset, delay, problem)


def _problem(joint: str, moved: str, gain: float, offset: float) -> str:
    """Say in one sentence what is wrong, if anything."""
    faults = []
    if moved != joint:
        faults.append(f'{moved} moved')
    if gain < 0.0:
        faults.append('it moved the other way round')
    size = abs(gain)
    if not _SMALLEST_GAIN <= size <= _LARGEST_GAIN:
        faults.append(f'it moved {size:.3g} times as far{_unit_hint(size)}')
    if not faults and abs(offset) > _LARGEST_OFFSET:
        faults.append(f'it rests {offset:+.3f} rad or m from where it was told')
    return f'{joint} was told to move: {", and ".join(faults)}' if faults else ''


def _unit_hint(gain: float) -> str:
    for factor, hint in ((_DEGREES, 'degrees'), (1.0 / _DEGREES, 'radians')):
        if abs(gain / factor - 1.0) < 0.1:
            other = 'radians' if hint == 'degrees' else 'degrees'
            return f' ({hint} are reported for {other} commanded?)'
    return ''
