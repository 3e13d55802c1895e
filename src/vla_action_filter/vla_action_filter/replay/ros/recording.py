"""Reads what `ros2 bag record` wrote (MCAP), as events for a replay."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool, Float64, String
from tqdm import tqdm
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint
from vla_action_filter.replay.stream import EStop, Event, Fault, Payload, SingleAction, SpeedScale
from vla_contract.deployment.cell import Cell
from vla_contract.errors import ContractError, VlaError
from vla_contract.joints.joint_states import JointStateMerge
from vla_contract.ros.messages.joints import JointReader, merge_msg
from vla_contract.ros.messages.recorded import read_messages, recording_files
from vla_contract.ros.messages.stamps import from_stamp


def read_recording(path: Path, cell: Cell) -> list[Event]:
    """Return the filter's inputs in an MCAP file or a rosbag2 folder, in order of arrival.

    Topics are found by the end of their name, so a namespace does not matter: joint_states,
    policy_chunk, policy_action, e_stop, speed_scale, and fault (std_msgs/String) with labels.
    A message that the node would refuse is left out and counted in the progress line.

    Raises:
        ResourceNotFoundError: there is no such file.
        VlaError: the file is not MCAP, or carries none of these topics.
    """
    files = recording_files(path)
    converters = _converters(cell)
    events = [event for file in files for event in _events(file, converters)]
    if not events:
        topics = ', '.join(converters)
        raise VlaError(f'{path}: found no topic of the filter; it needs one of: {topics}')
    return sorted(events, key=lambda event: event.time_ns)


# Makes a payload of a message and its time of arrival [ns]; None where it tells nothing.
_Converter = Callable[[Any, int], Payload | None]


def _converters(cell: Cell) -> dict[str, tuple[type, _Converter]]:
    joints = JointStateMerge(cell)
    chunks = JointReader(cell.joint_names, 'policy_chunk')

    def action(msg: JointTrajectoryPoint, _: int) -> SingleAction:
        if len(msg.positions) != len(cell.joints):
            raise ContractError(f'policy_action: found {len(msg.positions)} positions')
        return SingleAction(np.array(msg.positions), from_stamp(msg.time_from_start))

    return {
        'joint_states': (JointState, lambda msg, now_ns: merge_msg(joints, msg, now_ns)),
        'policy_chunk': (JointTrajectory, lambda msg, _: chunks.chunk(msg)),
        'policy_action': (JointTrajectoryPoint, action),
        'e_stop': (Bool, lambda msg, _: EStop(msg.data)),
        'speed_scale': (Float64, lambda msg, _: SpeedScale(msg.data)),
        'fault': (String, lambda msg, _: Fault(msg.data)),
    }


def _events(file: Path, converters: dict[str, tuple[type, _Converter]]) -> Iterator[Event]:
    types = {topic: kind for topic, (kind, _) in converters.items()}
    refused = 0
    with tqdm(read_messages(file, types), unit='message', leave=False) as messages:
        for recorded in messages:
            _, convert = converters[recorded.topic]
            try:
                payload = convert(recorded.message, recorded.log_ns)
            except ContractError:
                refused += 1
                messages.set_postfix(refused=refused)
                continue
            if payload is not None:
                yield Event(recorded.log_ns, payload)
