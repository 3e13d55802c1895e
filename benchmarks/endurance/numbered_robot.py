"""A robot whose messages are numbered, so that a missing one is seen.

The number stands in header.frame_id, which nothing here looks at. Started by soak_recorder.py:
python benchmarks/endurance/numbered_robot.py CELL
"""

from array import array
from collections.abc import Callable
from itertools import count
import sys

import numpy as np
import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from sensor_msgs.msg import Image, JointState
from vla_contract.deployment.cell import Camera, load_cell
from vla_contract.ros.qos import SENSOR, STATE


def main() -> None:
    """Publish what robot and cameras of the cell publish, at their rates."""
    cell = load_cell(sys.argv[1])
    rclpy.init()
    node = Node('numbered_robot')
    joints = JointState(name=cell.joint_names, position=cell.home.tolist())
    _publish(node, joints, 'joint_states', STATE, cell.rates.joint_states_hz)
    for camera in cell.cameras:
        _publish(node, _image(camera), f'{camera.topic}/image_raw', SENSOR, camera.rate_hz)
    try:
        rclpy.spin(node)
    except (KeyboardInterrupt, ExternalShutdownException):
        rclpy.try_shutdown()


def _publish(node: Node, msg: Image | JointState, topic: str, qos: object, rate_hz: float) -> None:
    publisher, numbers = node.create_publisher(type(msg), topic, qos), count()
    node.create_timer(1.0 / rate_hz, _sender(node, publisher.publish, msg, numbers))


def _sender(
    node: Node, publish: Callable[[object], None], msg: Image | JointState, numbers: count
) -> Callable[[], None]:
    def send() -> None:
        msg.header.stamp = node.get_clock().now().to_msg()
        msg.header.frame_id = str(next(numbers))
        publish(msg)

    return send


def _image(camera: Camera) -> Image:
    """Return noise: what cannot be compressed or shared is the worst that a camera sends."""
    pixels = np.random.default_rng(0).integers(0, 256, 3 * camera.width * camera.height, np.uint8)
    msg = Image(height=camera.height, width=camera.width, encoding='rgb8', step=3 * camera.width)
    msg.data = array('B', pixels.tobytes())
    return msg


if __name__ == '__main__':
    main()
