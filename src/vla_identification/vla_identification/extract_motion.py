"""Extract commands and joint states of an MCAP recording for identification."""

import argparse
from pathlib import Path
import sys

import numpy as np
from vla_contract.cli.command import command_parser, DONE, run_command
from vla_contract.cli.deployment_arguments import add_cell, cell_of
from vla_contract.cli.path_types import file_to_write
from vla_contract.deployment.cell import Cell
from vla_contract.errors import VlaError
from vla_contract.recordings.arguments import add_namespace
from vla_contract.recordings.damage import OnDamage, say_damage
from vla_contract.recordings.events import CommandEvent, ObjectPoseEvent
from vla_contract.recordings.read_events import read_events
from vla_contract.values import JointSample, Vector
from vla_contract.whole_file import require_free
from vla_identification.motion_recording import MotionRecording, save_recording

_MEASURED, _COMMAND, _OBJECT = 'joint_states', 'action_filter/action', 'sim/target_pose'


def read_motion(
    path: Path, cell: Cell, namespace: str = '', on_damage: OnDamage = say_damage
) -> MotionRecording:
    """Read what was sent to the arm and what it did; times count from the first joint state.

    Args:
        path: MCAP file of our recorder or of `ros2 bag record`, or the folder of a rosbag2.
        cell: where it was recorded.
        namespace: of the robot, where several were recorded.
        on_damage: is told what of the recording could not be read.

    Raises:
        ResourceNotFoundError: there is no such recording.
        VlaError: it cannot be read, is of another robot, or lacks one of the two topics.
    """
    topics = (_MEASURED, _COMMAND, _OBJECT)
    kept: dict[str, dict[int, tuple[int, Vector]]] = {topic: {} for topic in topics}
    for recorded in read_events(path, cell, namespace, False, topics, on_damage):
        match recorded.payload:
            case JointSample(stamp_ns, position):
                kept[_MEASURED][stamp_ns] = (recorded.now_ns, position)
            case CommandEvent(stamp_ns, command):
                kept[_COMMAND][stamp_ns] = (recorded.now_ns, command)
            case ObjectPoseEvent(stamp_ns, pose):
                kept[_OBJECT][stamp_ns] = (recorded.now_ns, pose)
    for topic in (_MEASURED, _COMMAND):
        if len(kept[topic]) < 2:
            raise VlaError(f'{path}: found {len(kept[topic])} messages on {topic}; needed: 2')
    begin_ns = min(kept[_MEASURED])
    measured_s, measured = _track(kept[_MEASURED], begin_ns)
    command_s, command = _track(kept[_COMMAND], begin_ns)
    object_s, poses = _track(kept[_OBJECT], begin_ns)
    arrived = [arrived_ns for _, (arrived_ns, _) in sorted(kept[_MEASURED].items())]
    return MotionRecording(
        names=cell.joint_names,
        command_s=command_s,
        command=command,
        measured_s=measured_s,
        measured=measured,
        measured_delivery_s=(np.array(arrived) - begin_ns) / 1e9 - measured_s,
        object_s=object_s,
        object_pose=poses.reshape(-1, 7),
    )


def _track(kept: dict[int, tuple[int, Vector]], begin_ns: int) -> tuple[Vector, Vector]:
    stamps = sorted(kept)
    values = np.array([kept[stamp][1] for stamp in stamps])
    return (np.array(stamps, dtype=np.int64) - begin_ns) / 1e9, values


def extract(args: argparse.Namespace) -> int:
    """Convert the recording of the arguments."""
    require_free(args.output, args.force)
    motion = read_motion(args.recording, cell_of(args), args.namespace)
    save_recording(args.output, motion)
    print(
        f'{args.output}: {len(motion.command_s)} commands and {len(motion.measured_s)} joint '
        f'states over {motion.measured_s[-1]:.1f} s'
    )
    return DONE


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'arm extract-motion',
        f'Take the motion of the arm, {_COMMAND} and {_MEASURED}, out of an MCAP recording, for '
        'vla arm identify and vla_identification.gap.gap.',
        'vla arm extract-motion runs/recordings/episode.mcap --output motion.npz',
    )
    parser.add_argument('recording', type=Path, help='MCAP file, or folder of a rosbag2')
    add_cell(parser)
    add_namespace(parser)
    parser.add_argument(
        '--output', type=file_to_write('.npz'), required=True, help='motion to write, .npz'
    )
    parser.add_argument('--force', action='store_true', help='replace the output')
    args = parser.parse_args(argv)
    return run_command(lambda: extract(args))


if __name__ == '__main__':
    sys.exit(main())
