"""Whether the robot that runs has the joints and the controllers that the file names."""

from collections.abc import Sequence
from functools import partial
import time

import rclpy
from rclpy.node import Node
from sensor_msgs.msg import JointState
from vla_contract.check import Check, measured, Status
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.channels import Channel, default_channels, NONE
from vla_contract.deployment.joint_sources import JointSource
from vla_contract.ros.listening.any_publisher import subscribe_to_any

_JOINTS = 'joints of the running robot'


def check_live(cell: Cell, listen_s: float, arguments: Sequence[str]) -> list[Check]:
    """Listen to joint_states for a while, and look who takes commands.

    Args:
        cell: with the robot.
        listen_s: how long to wait for joints that were not heard of [s].
        arguments: for rclpy.
    """
    rclpy.init(args=['check_robot', *arguments])
    node = rclpy.create_node('check_robot')
    try:
        heard: dict[str, float] = {}
        for source in cell.joint_sources:
            callback = partial(_remember, heard, source)
            subscribe_to_any(node, JointState, source.topic, callback)
        end = time.monotonic() + listen_s
        while time.monotonic() < end and not set(cell.joint_names) <= heard.keys():
            rclpy.spin_once(node, timeout_sec=0.1)
        channels = cell.channels or default_channels(cell.joint_names)
        return [
            joints_check(cell, heard),
            *(channel_check(node, channel) for channel in channels if channel.kind != NONE),
        ]
    finally:
        node.destroy_node()
        rclpy.try_shutdown()


def joints_check(cell: Cell, heard: dict[str, float]) -> Check:
    """Return whether every joint was heard of, within its limits.

    Args:
        cell: with the robot.
        heard: position by joint [rad or m].
    """
    missing = [name for name in cell.joint_names if name not in heard]
    topics = ', '.join(source.topic for source in cell.joint_sources)
    allowed = f'{", ".join(cell.joint_names)} on {topics}'
    if missing:
        text = f'no {", ".join(missing)}; heard of: {", ".join(sorted(heard)) or "none"}'
        fix = 'name joints as the driver does, or add its topic to joint_states'
        return Check(_JOINTS, Status.FAIL, text, allowed, fix)
    outside = [
        f'{joint.name} at {heard[joint.name]:.3f} ({joint.lower:.3f} to {joint.upper:.3f})'
        for joint in cell.joints
        if not joint.lower - 0.01 <= heard[joint.name] <= joint.upper + 0.01
    ]
    if outside:
        text, fix = f'outside their limits: {"; ".join(outside)}', 'another zero pose, or degrees?'
        return Check(_JOINTS, Status.FAIL, text, allowed, fix)
    return Check(_JOINTS, Status.OK, f'all {len(cell.joints)}, within their limits', allowed)


def channel_check(node: Node, channel: Channel) -> Check:
    """Return whether somebody takes the commands of a channel."""
    if channel.is_action:
        services = {name for name, _ in node.get_service_names_and_types()}
        goal = f'{node.resolve_topic_name(channel.endpoint)}/_action/send_goal'
        is_there = goal in services
    else:
        is_there = node.count_subscribers(node.resolve_topic_name(channel.endpoint)) > 0
    return measured(
        f'controller of {channel.name}',
        is_there,
        'it listens' if is_there else 'nobody listens',
        channel.endpoint,
        "start it, or name it in the robot's file under channels",
    )


def _remember(heard: dict[str, float], source: JointSource, msg: JointState) -> None:
    heard.update(zip(source.names(msg.name), msg.position, strict=False))
