"""Reads what `ros2 bag record` wrote (MCAP), as events for a replay."""

from collections.abc import Callable, Iterator
from pathlib import Path
import struct
from typing import Any

from mcap.exceptions import McapError
from mcap.reader import make_reader
import numpy as np
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool, Float64, String
from tqdm import tqdm
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint
from vla_action_filter.stream import EStop, Event, Fault, Payload, SingleAction, SpeedScale
from vla_contract.contract import RobotContract
from vla_contract.errors import ContractError, ResourceNotFoundError, VlaError
from vla_contract.joint_map import JointMap
from vla_contract.ros.joint_conversion import JointReader
from vla_contract.ros.stamps import from_stamp


def read_recording(path: Path, contract: RobotContract) -> list[Event]:
    """Return the filter's inputs in an MCAP file or a rosbag2 folder, in order of arrival.

    Topics are found by the end of their name, so a namespace does not matter: joint_states,
    policy_chunk, policy_action, e_stop, speed_scale, and fault (std_msgs/String) with labels.
    A message that the node would refuse is left out and counted in the progress line.

    Raises:
        ResourceNotFoundError: there is no such file.
        VlaError: the file is not MCAP, or carries none of these topics.
    """
    if not path.exists():
        raise ResourceNotFoundError('recording', path, 'an MCAP file, a rosbag2 folder, synthetic')
    files = sorted(path.glob('*.mcap')) if path.is_dir() else [path]
    converters = _converters(contract)
    events = [event for file in files for event in _events(file, converters)]
    if not events:
        topics = ', '.join(converters)
        raise VlaError(f'{path}: found no topic of the filter; it needs one of: {topics}')
    return sorted(events, key=lambda event: event.time_ns)


def _converters(contract: RobotContract) -> dict[str, tuple[type, Callable[[Any], Payload]]]:
    joints = JointReader(contract.joint_names, 'joint_states')
    chunks = JointReader(contract.joint_names, 'policy_chunk')
    to_contract = JointMap(contract.action.names, contract.joint_names, 'policy_action')

    def action(msg: JointTrajectoryPoint) -> SingleAction:
        if len(msg.positions) != len(contract.joints):
            raise ContractError(f'policy_action: found {len(msg.positions)} positions')
        return SingleAction(to_contract(np.array(msg.positions)), from_stamp(msg.time_from_start))

    return {
        'joint_states': (JointState, joints.sample),
        'policy_chunk': (JointTrajectory, chunks.chunk),
        'policy_action': (JointTrajectoryPoint, action),
        'e_stop': (Bool, lambda msg: EStop(msg.data)),
        'speed_scale': (Float64, lambda msg: SpeedScale(msg.data)),
        'fault': (String, lambda msg: Fault(msg.data)),
    }


def _events(
    file: Path, converters: dict[str, tuple[type, Callable[[Any], Payload]]]
) -> Iterator[Event]:
    refused = 0
    with file.open('rb') as stream, tqdm(unit='message', leave=False) as progress:
        try:
            for _, channel, message in make_reader(stream).iter_messages():
                progress.update()
                known = converters.get(channel.topic.rsplit('/', 1)[-1])
                if known is None or channel.message_encoding != 'cdr':
                    continue
                kind, convert = known
                try:
                    payload = convert(deserialize_message(message.data, kind))
                except ContractError:
                    refused += 1
                    progress.set_postfix(refused=refused)
                    continue
                yield Event(message.log_time, payload)
        except (McapError, struct.error, EOFError) as error:
            raise VlaError(f'{file} is not a readable MCAP file: {error}') from error
