"""The tutorial's policy node, as people write it, with a log of when what was seen and sent.

Two things differ from the tutorial, in its favour: the image is resized to what the policy was
trained with, and LeRobot's processors are used, without which today's LeRobot moves wrongly.
"""

from contextlib import suppress
import json
import sys

import cv2
from lerobot.policies.act.modeling_act import ACTPolicy
from lerobot.policies.factory import make_pre_post_processors
import numpy as np
import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from sensor_msgs.msg import Image, JointState
import torch
from trajectory_msgs.msg import JointTrajectoryPoint


class VLAPolicyNode(Node):
    """One timer: look, think, act."""

    def __init__(self, policy_path: str, control_freq: float) -> None:
        super().__init__('vla_policy_node')
        self.policy = ACTPolicy.from_pretrained(policy_path).eval()
        self.pre, self.post = make_pre_post_processors(self.policy.config, policy_path)
        self.image = self.joints = None
        self.log, self.seen_ns = [], 0
        self.create_subscription(Image, 'camera/color/image_raw', self.on_image, 10)
        self.create_subscription(JointState, 'joint_states', self.on_joints, 10)
        self.publisher = self.create_publisher(JointTrajectoryPoint, 'policy_action', 10)
        self.create_timer(1.0 / control_freq, self.control_step)

    def on_image(self, msg: Image) -> None:
        pixels = np.frombuffer(msg.data, np.uint8).reshape(msg.height, msg.width, 3)
        self.image = cv2.resize(pixels, (96, 96), interpolation=cv2.INTER_AREA)
        self.stamp_ns = msg.header.stamp.sec * 10**9 + msg.header.stamp.nanosec

    def on_joints(self, msg: JointState) -> None:
        self.joints = np.array(msg.position, np.float32)

    def control_step(self) -> None:
        if self.image is None or self.joints is None:
            return
        batch = {
            'observation.state': torch.from_numpy(self.joints),
            'observation.images.top': torch.from_numpy(self.image).permute(2, 0, 1) / 255.0,
        }
        is_new = not self.policy._action_queue
        self.seen_ns = self.stamp_ns if is_new else self.seen_ns
        with torch.inference_mode():
            action = self.post(self.policy.select_action(self.pre(batch)))[0].tolist()
        msg = JointTrajectoryPoint(positions=action)
        msg.time_from_start.nanosec = 100_000_000
        self.publisher.publish(msg)
        self.log.append((self.get_clock().now().nanoseconds, self.seen_ns, is_new))


def main(policy_path: str, control_freq: str, log: str) -> None:
    """Run until told to stop; write the log."""
    torch.set_num_threads(1)
    rclpy.init()
    node = VLAPolicyNode(policy_path, float(control_freq))
    with suppress(KeyboardInterrupt, ExternalShutdownException):
        rclpy.spin(node)
    with open(log, 'w') as file:
        json.dump(node.log, file)


if __name__ == '__main__':
    main(*sys.argv[1:])
