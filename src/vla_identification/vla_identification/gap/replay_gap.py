"""How far a simulated arm is from the recorded one when both get the same commands."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from vla_contract.values import Vector
from vla_identification.arm.arm_simulator import ArmSimulator, Values
from vla_identification.arm.motion_fit import Motion
from vla_identification.motion_recording import MotionRecording
from vla_sim_bridge.physics.kinematics import ArmKinematics

# Where in its play a joint is, and what its servo was told before, is not known when a recording
# begins; after so long it no longer matters [s].
_UNKNOWN_S = 1.0


@dataclass(frozen=True, eq=False)
class ReplayGap:
    """Errors over time, simulated less recorded.

    Attributes:
        time_s: shape (N,) [s].
        joint: shape (N, n), of the arm's joints [rad or m].
        tool_mm: distance of the tool from where it was, shape (N,) [mm].
    """

    time_s: Vector
    joint: Vector
    tool_mm: Vector

    @property
    def joint_rms(self) -> float:
        """Root mean square over joints and time [rad or m]."""
        return float(np.sqrt(np.mean(self.joint**2)))

    @property
    def tool_rms_mm(self) -> float:
        """Root mean square over time [mm]."""
        return float(np.sqrt(np.mean(self.tool_mm**2)))

    def summary(self, joints: tuple[str, ...]) -> dict[str, Any]:
        """Return the figures, as JSON values."""
        rms, most = np.sqrt(np.mean(self.joint**2, axis=0)), np.abs(self.joint).max(axis=0)
        return {
            'joint_rms_rad': self.joint_rms,
            'tool_rms_mm': self.tool_rms_mm,
            'tool_max_mm': float(self.tool_mm.max()),
            'joints': {
                name: {'rms_rad': float(rms[k]), 'max_rad': float(most[k])}
                for k, name in enumerate(joints)
            },
        }


class GapMeter:
    """Replays recordings and measures; the tool's pose comes from the same model."""

    def __init__(self, simulator: ArmSimulator) -> None:
        """Prepare for a robot."""
        self._simulator = simulator
        self._kinematics = ArmKinematics(simulator.model, simulator.cell)

    def measure(self, motion: Motion, values: Values) -> ReplayGap:
        """Return the errors of the samples that count, with these numbers of terms."""
        recording, arm = motion.recording, self._simulator.arm
        simulated = self._simulator.simulate(recording, values).measured
        was, does = (each[motion.counts][:, arm] for each in (recording.measured, simulated))
        away = self._tool(does) - self._tool(was)
        tool_mm = 1000.0 * np.array(np.linalg.norm(away, axis=1))
        return ReplayGap(recording.measured_s[motion.counts], does - was, tool_mm)

    def _tool(self, arm: Vector) -> Vector:
        return np.array([self._kinematics.tool_pose(posture)[0] for posture in arm])


def settled(recording: MotionRecording) -> Motion:
    """Return a motion without its beginning, which shows what was before the recording."""
    since_s = recording.measured_s - recording.measured_s[0]
    return Motion(recording, since_s >= _UNKNOWN_S)


def split_for_validation(recordings: list[MotionRecording]) -> tuple[list[Motion], Motion]:
    """Return what to fit and what to keep for the test: the last recording, or its last third."""
    motions = [settled(recording) for recording in recordings]
    if len(motions) > 1:
        return motions[:-1], motions[-1]
    (only,) = motions
    first_s, last_s = only.recording.measured_s[[0, -1]]
    is_early = only.recording.measured_s < first_s + (last_s - first_s) * 2.0 / 3.0
    fitted, held_out = only.counts & is_early, only.counts & ~is_early
    return [Motion(only.recording, fitted)], Motion(only.recording, held_out)
