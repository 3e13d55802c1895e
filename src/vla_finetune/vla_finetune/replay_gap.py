"""How far a simulated arm is from the recorded one when both get the same commands."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from vla_contract.motion_recording import MotionRecording
from vla_contract.values import Vector
from vla_finetune.arm_simulator import ArmSimulator, Values
from vla_finetune.motion_fit import Motion
from vla_sim_bridge.kinematics import ArmKinematics


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
        self._kinematics = ArmKinematics(simulator.model, simulator.contract)

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


def whole(recording: MotionRecording) -> Motion:
    """Return a motion of which every sample counts."""
    return Motion(recording, np.ones(len(recording.measured_s), dtype=bool))


def split_for_validation(recordings: list[MotionRecording]) -> tuple[list[Motion], Motion]:
    """Return what to fit and what to keep for the test: the last recording, or its last third."""
    if len(recordings) > 1:
        return [whole(recording) for recording in recordings[:-1]], whole(recordings[-1])
    (only,) = recordings
    first, last = only.measured_s[[0, -1]]
    is_early = only.measured_s < first + (last - first) * 2.0 / 3.0
    return [Motion(only, is_early)], Motion(only, ~is_early)
