"""Recordings of motion, of the joints of a cell and in its order."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from vla_contract.deployment.cell import Cell
from vla_contract.errors import VlaError
from vla_contract.joints.joint_map import JointMap
from vla_identification.motion_recording import load_recording, MotionRecording


def load_logs(paths: Sequence[Path], cell: Cell) -> list[MotionRecording]:
    """Read recordings of joint motion.

    Raises:
        ResourceNotFoundError: there is no such file.
        NameMismatchError: a recording lacks a joint of the cell.
        VlaError: a file is no recording; an MCAP file must be converted first.
    """
    return [_load(path, cell) for path in paths]


def _load(path: Path, cell: Cell) -> MotionRecording:
    if path.suffix == '.mcap' or path.is_dir():
        raise VlaError(
            f'{path} holds ROS messages; make motion of it first: '
            f'vla arm extract-motion {path} --output motion.npz'
        )
    recording = load_recording(path)
    order = JointMap(recording.names, cell.joint_names, str(path))
    return replace(
        recording,
        names=cell.joint_names,
        command=order(recording.command),
        measured=order(recording.measured),
        plan=recording.plan if recording.plan.ndim < 2 else order(recording.plan),
    )
