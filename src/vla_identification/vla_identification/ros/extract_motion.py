"""Extract commands and joint states of an MCAP recording for identification."""

import argparse
from pathlib import Path
import sys

from geometry_msgs.msg import PoseStamped
import numpy as np
from sensor_msgs.msg import JointState
from vla_contract.cli.command import command_parser, DONE, run_command
from vla_contract.cli.deployment_arguments import add_cell, cell_of
from vla_contract.deployment.cell import Cell
from vla_contract.errors import VlaError
from vla_contract.joints.joint_states import JointStateMerge
from vla_contract.ros.messages.joints import JointReader, merge_msg
from vla_contract.ros.messages.recorded import read_messages, recording_files
from vla_contract.ros.messages.stamps import from_stamp
from vla_contract.values import Vector
from vla_contract.whole_file import require_free
from vla_identification.motion_recording import MotionRecording, save_recording

_MEASURED, _COMMAND, _OBJECT = 'joint_states', 'action_filter/action', 'sim/cube_pose'
_TYPES = {_MEASURED: JointState, _COMMAND: JointState, _OBJECT: PoseStamped}


def read_motion(path: Path, cell: Cell) -> MotionRecording:
    """Read what was sent to the arm and what it did; times count from the first joint state.

    Args:
        path: MCAP file of our recorder or of `ros2 bag record`, or the folder of a rosbag2.
        cell: where it was recorded.

    Raises:
        ResourceNotFoundError: there is no such recording.
        VlaError: it is damaged, of another robot, or lacks one of the two topics.
    """
    joints, commands = JointStateMerge(cell), JointReader(cell.joint_names, _COMMAND)
    kept: dict[str, dict[int, tuple[int, Vector]]] = {topic: {} for topic in _TYPES}
    for file in recording_files(path):
        for recorded in read_messages(file, _TYPES):
            message = recorded.message
            stamp_ns = from_stamp(message.header.stamp)
            if recorded.topic == _OBJECT:
                values = _pose(message)
            elif recorded.topic == _COMMAND:
                values = commands.sample(message).position
            else:
                sample = merge_msg(joints, message, recorded.log_ns)
                if sample is None:
                    continue
                stamp_ns, values = sample.stamp_ns, sample.position
            kept[recorded.topic][stamp_ns] = (recorded.log_ns, values)
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


def _pose(message: PoseStamped) -> Vector:
    """Return position [m] and wxyz."""
    p, q = message.pose.position, message.pose.orientation
    return np.array([p.x, p.y, p.z, q.w, q.x, q.y, q.z])


def extract(args: argparse.Namespace) -> int:
    """Convert the recording of the arguments."""
    require_free(args.output, args.force)
    motion = read_motion(args.recording, cell_of(args))
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
    parser.add_argument('--output', type=Path, required=True, help='motion to write, .npz')
    parser.add_argument('--force', action='store_true', help='replace the output')
    args = parser.parse_args(argv)
    return run_command(lambda: extract(args))


if __name__ == '__main__':
    sys.exit(main())
