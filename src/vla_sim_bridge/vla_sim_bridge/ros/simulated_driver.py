"""The joint_states of one simulated driver: its joints, under its own names."""

import numpy as np
from rclpy.node import Node
from sensor_msgs.msg import JointState
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.joint_sources import JointSource
from vla_contract.ros.messages.joints import joints_to_msg
from vla_contract.ros.qos import STATE
from vla_contract.values import JointSample


class SimulatedDriver:
    """Publishes the joints of a source as the robot's driver does."""

    def __init__(self, node: Node, cell: Cell, source: JointSource) -> None:
        """Create the publisher."""
        self._publisher = node.create_publisher(JointState, source.topic, STATE)
        self._columns = np.array([cell.joint_names.index(name) for name in source.joints])
        self._names = source.own_names()

    def publish(self, sample: JointSample) -> None:
        """Publish what was measured of all joints of the cell."""
        columns, effort = self._columns, sample.effort
        own = JointSample(
            sample.stamp_ns,
            sample.position[columns],
            sample.velocity[columns],
            None if effort is None else effort[columns],
        )
        self._publisher.publish(joints_to_msg(own, self._names))
