"""The simulator's end of a channel: takes commands as the robot's controller does."""

from collections.abc import Callable
from typing import Any

import numpy as np
from rclpy.node import Node
from rclpy.subscription import Subscription
from std_msgs.msg import Float64MultiArray
from trajectory_msgs.msg import JointTrajectory
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.channels import Channel, FORWARD_POSITION, JOINT_TRAJECTORY, NONE
from vla_contract.errors import ContractError, VlaError
from vla_contract.joints.joint_messages import JointReader
from vla_contract.ros.listening.unattended import taken, unattended_subscription
from vla_contract.ros.qos import COMMAND
from vla_contract.stamps import from_stamp
from vla_contract.values import Vector
from vla_sim_bridge.physics.paced_simulation import PacedSimulation


class SimulatedController:
    """Hands the joints of one channel to the simulation."""

    def __init__(
        self,
        node: Node,
        channel: Channel,
        cell: Cell,
        simulation: PacedSimulation,
    ) -> None:
        """Subscribe to the channel's topic.

        Raises:
            VlaError: the simulator has no controller of that kind.
        """
        self._node, self._channel, self._simulation = node, channel, simulation
        self._columns = [cell.joint_names.index(name) for name in channel.joints]
        self._reader = JointReader(channel.driver_joints, channel.endpoint)
        self._commands: tuple[Subscription, Callable[[Any], None]] | None = None
        if channel.kind == JOINT_TRAJECTORY:
            self._subscribe(JointTrajectory, self._on_trajectory)
        elif channel.kind == FORWARD_POSITION:
            self._subscribe(Float64MultiArray, self._on_forward)
        elif channel.kind != NONE:
            raise VlaError(
                f'channel {channel.name}: found kind {channel.kind}; allowed in the simulator: '
                f'{JOINT_TRAJECTORY}, {FORWARD_POSITION}, {NONE}'
            )

    def poll(self) -> None:
        """Take the command that waits, if one does; call in every tick.

        An executor beside the physics thread would hand it over late on a loaded machine, and the
        arm would not be where it was told to be.
        """
        if self._commands is not None:
            subscription, on_command = self._commands
            for msg in taken(subscription):
                on_command(msg)

    def _subscribe(self, kind: type, on_command: Callable[[Any], None]) -> None:
        endpoint = self._channel.endpoint
        self._commands = unattended_subscription(self._node, kind, endpoint, COMMAND), on_command

    def _on_trajectory(self, msg: JointTrajectory) -> None:
        try:
            times_ns, positions, velocities = self._reader.trajectory(msg)
        except ContractError as error:
            self._complain(str(error))
            return
        # A trajectory without a stamp starts when it comes.
        start_ns = from_stamp(msg.header.stamp) or self._simulation.time_ns
        self._play([start_ns + t for t in times_ns], positions, velocities)

    def _on_forward(self, msg: Float64MultiArray) -> None:
        if len(msg.data) != len(self._columns):
            found = f'found {len(msg.data)} values, allowed {len(self._columns)}'
            self._complain(f'{self._channel.endpoint}: {found}')
            return
        self._play([self._simulation.time_ns], np.array([msg.data]), None)

    def _play(self, times_ns: list[int], positions: Vector, velocities: Vector | None) -> None:
        name, columns = self._channel.name, self._columns
        if not self._simulation.play(name, columns, times_ns, positions, velocities):
            self._complain(f'{self._channel.endpoint}: command is not finite')

    def _complain(self, what: str) -> None:
        self._node.get_logger().error(what, throttle_duration_sec=5.0)
