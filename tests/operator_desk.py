"""What a test does in the place of a person beside a robot: calls services, presses, looks."""

import threading
from typing import Any

from conftest import wait_for
from diagnostic_msgs.msg import DiagnosticStatus
import numpy as np
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool
from std_srvs.srv import SetBool, Trigger
from vla_contract.ros.qos import LATCHED, STATE


class OperatorDesk:
    """A node of its own, with a thread that listens."""

    def __init__(self, domain_id: int) -> None:
        self._context = rclpy.Context()
        rclpy.init(
            context=self._context,
            domain_id=domain_id,
            signal_handler_options=SignalHandlerOptions.NO,
        )
        self._node = node = rclpy.create_node('operator_desk', context=self._context)
        self._e_stop = node.create_publisher(Bool, 'e_stop', LATCHED)
        self.status = ''
        self.action: np.ndarray | None = None
        node.create_subscription(
            DiagnosticStatus,
            'action_filter/status',
            lambda msg: setattr(self, 'status', msg.message),
            STATE,
        )
        node.create_subscription(
            JointState,
            'action_filter/action',
            lambda msg: setattr(self, 'action', np.array(msg.position)),
            STATE,
        )
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(node)
        self._thread = threading.Thread(target=self._executor.spin, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._executor.shutdown()
        self._thread.join()
        self._node.destroy_node()
        rclpy.try_shutdown(context=self._context)

    def call(self, service: str, value: bool | None = None) -> tuple[bool, str]:
        """Call a service of std_srvs: SetBool with a value, Trigger without."""
        kind: Any = Trigger if value is None else SetBool
        client = self._node.create_client(kind, service)
        try:
            wait_for(client.service_is_ready, 120.0, f'service {service}')
            request = kind.Request() if value is None else kind.Request(data=value)
            future = client.call_async(request)
            wait_for(future.done, 120.0, f'an answer of {service}')
            return future.result().success, future.result().message
        finally:
            self._node.destroy_client(client)

    def press_e_stop(self, is_pressed: bool) -> None:
        self._e_stop.publish(Bool(data=is_pressed))

    def wait_for_status(self, text: str) -> None:
        wait_for(lambda: text in self.status, 120.0, f'status {text!r}, last {self.status!r}')

    def wait_for_motion(self, distance: float) -> None:
        """Wait until some joint was told to go so far from where it is told to be now [rad]."""
        self.action = None
        wait_for(lambda: self.action is not None, 120.0, 'a command')
        start = self.action
        wait_for(lambda: np.abs(self.action - start).max() > distance, 120.0, 'motion')
