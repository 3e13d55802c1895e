"""The part of the checklist that listens to the running robot: rates, clocks, cameras."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
import numpy as np
from rcl_interfaces.srv import GetParameters
import rclpy
from rclpy.client import Client
from rclpy.node import Node
from rclpy.parameter import Parameter, parameter_value_to_python
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool
from std_srvs.srv import Trigger
from vla_contract.check import Check, measured, skipped
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.channels import default_channels, FORWARD_POSITION
from vla_contract.deployment.joint_sources import JointSource
from vla_contract.errors import ContractError, VlaError
from vla_contract.filter_status import FilterStatus
from vla_contract.joints.joint_messages import merge_msg
from vla_contract.joints.joint_states import JointStateMerge
from vla_contract.recordings.events import ImageEvent
from vla_contract.ros.messages.filter_status import status_of
from vla_contract.ros.messages.images import image_type
from vla_contract.ros.messages.live_streams import live_streams
from vla_contract.ros.node.graph_arguments import publishers_of
from vla_contract.ros.qos import JOINTS, SENSOR, STATE
from vla_contract.ros.question import introduction, Question
from vla_contract.stamps import from_stamp
from vla_contract.values import Image, Vector
from vla_rollout.preflight.controller_items import (
    check_controller,
    check_update_rate,
    manager_of,
    PARAMETERS,
)
from vla_rollout.preflight.topic_items import least_rates, oldest_stamps

_LISTEN_S = 5.0
_CLOCK_S = 0.1
_ANSWER_S = 5.0
# The check draws the arm once per camera.
_CAMERAS_S = 30.0
_RECORDER = 'recorder'
# Noise of one image is not that of another.
_IMAGES = 3
# A simulated robot may take so many seconds for one of its own.
_SLOWEST = 10.0


class PreflightGraph(Node):
    """Listens to the robot and to the action filter; commands nothing.

    Attributes:
        cell: its robot and cameras.
        positions: stamp [ns] and position of every joint_states, shape (D,) [rad or m].
        filter_status: what the action filter said last, None before the first.
        pressed_ns: when e_stop was last heard to be pressed, 0 before the first time.
        images: the last few messages of every camera, by its topic.
    """

    def __init__(self, cell: Cell) -> None:
        """Subscribe."""
        super().__init__('preflight')
        self.cell = cell
        self.positions: list[tuple[int, Vector]] = []
        self.filter_status: FilterStatus | None = None
        self.pressed_ns = 0
        self.images: dict[str, deque[Any]] = defaultdict(partial(deque, maxlen=_IMAGES))
        self._merge = JointStateMerge(cell)
        # By its own clock a robot publishes as often as it says, however fast that clock goes.
        self._is_simulated = False
        self._arrivals: dict[str, list[int]] = defaultdict(list)
        self._ages: dict[str, list[float]] = defaultdict(list)
        for source in cell.joint_sources:
            self.create_subscription(
                JointState, source.topic, partial(self._on_joints, source), JOINTS
            )
        self.create_subscription(DiagnosticStatus, 'action_filter/status', self._on_status, STATE)
        # Best effort and volatile hears every publisher, whatever the action filter hears.
        self.create_subscription(Bool, 'e_stop', self._on_e_stop, SENSOR)
        for camera in cell.cameras:
            topic = camera.image_topic
            self.create_subscription(
                image_type(camera),
                topic,
                lambda msg, topic=topic: self._on_image(topic, msg),
                SENSOR,
            )

    def listen(self) -> None:
        """Take in the topics for a few seconds, with the clock they are stamped by."""
        self.spin_until(lambda: bool(self.positions), 2.0)
        if publishers_of(self, '/clock') > 0:
            self._is_simulated = True
            self.set_parameters([Parameter('use_sim_time', value=True)])
            self.spin_until(lambda: self.now_ns() > 0, 5.0)
        self._arrivals.clear()
        self._ages.clear()
        self.spin_until(lambda: False, _LISTEN_S)

    def now_ns(self) -> int:
        """Return the time of the node's clock [ns]."""
        return int(self.get_clock().now().nanoseconds)

    def patience_s(self, seconds: float) -> float:
        """Return how long to wait for what the robot does in some time of its own clock [s]."""
        return seconds * _SLOWEST if self._is_simulated else seconds

    def images_by_camera(self) -> dict[str, list[Image]]:
        """Return the last few images of every camera, by its name; without those that are damaged.

        Images of a driver that says another encoding than the cell are refused by the policy
        server, and by its item here.
        """
        found: dict[str, list[Image]] = {}
        for topic, (_, decode) in live_streams(self.cell, True, ()).items():
            for msg in self.images[topic]:
                try:
                    event = decode(msg)
                except ContractError:
                    continue
                if isinstance(event, ImageEvent):
                    found.setdefault(event.camera, []).append(event.image)
        return found

    def check_rates(self) -> Iterator[Check]:
        """Yield the rate of joint_states and of every camera."""
        for topic, rate_hz in least_rates(self.cell).items():
            arrivals = self._arrivals[topic]
            item, allowed = f'rate of {topic}', f'>= {rate_hz:.3g} Hz'
            fix = 'check driver, network and QoS (config/dds)'
            if len(arrivals) < 2:
                yield skipped(item, 'nothing arrives', allowed, fix)
                continue
            found_hz = (len(arrivals) - 1) * 1e9 / (arrivals[-1] - arrivals[0])
            yield measured(item, found_hz >= rate_hz, f'{found_hz:.1f} Hz', allowed, fix)

    def check_clocks(self) -> Iterator[Check]:
        """Yield how far the stamps of every stream are from this machine's clock."""
        oldest = oldest_stamps(self.cell)
        for topic, ages in self._ages.items():
            oldest_s = oldest[topic]
            median_s = float(np.median(ages))
            yield measured(
                f'clock offset of {topic}',
                -_CLOCK_S < median_s < oldest_s,
                f'stamped {median_s * 1e3:.0f} ms ago',
                f'-{_CLOCK_S * 1e3:.0f} to {oldest_s * 1e3:.0f} ms',
                'synchronise the clocks (chrony); stamp at capture, not on delivery',
            )

    def check_cameras(self) -> Iterator[Check]:
        """Yield whether every camera is where it was calibrated, where a node can tell."""
        client = self.create_client(Trigger, 'verify_calibration/check')
        # Without that node, the operator's answer has to do.
        if not self.spin_until(client.service_is_ready, 1.0):
            return
        is_in_place, said = self._call(client, _CAMERAS_S)
        yield measured(
            'cameras are where they were calibrated',
            is_in_place,
            said,
            'within the limits of verify_calibration',
            'put the camera back, or calibrate it again',
        )

    def check_controllers(self) -> Iterator[Check]:
        """Yield how the controllers of the robot's channels are set."""
        for channel in self.cell.channels or default_channels(self.cell.joint_names):
            names = PARAMETERS.get(channel.kind)
            if names:
                found = self._parameters_of(channel.controller, names)
                driver = '' if found else self._listener_on(channel.endpoint)
                yield from check_controller(channel, found, driver)
            if channel.kind == FORWARD_POSITION:
                managed = self._parameters_of(manager_of(channel), ('update_rate',))
                yield from check_update_rate(channel, managed.get('update_rate'))

    def _listener_on(self, topic: str) -> str:
        """Return the node that takes the commands of a topic, '' for none."""
        listening = self.get_subscriptions_info_by_topic(self.resolve_topic_name(topic))
        return next((end.node_name for end in listening if end.node_name != _RECORDER), '')

    def _parameters_of(self, node: str, names: Sequence[str]) -> dict[str, Any]:
        """Return the parameters of another node that are set; empty without an answer."""
        client = self.create_client(GetParameters, f'{node}/get_parameters')
        question = Question(client, GetParameters.Request(names=list(names)), again_s=1.0)
        answered = self.spin_until(question.is_answered, _ANSWER_S)
        self.destroy_client(client)
        if not answered:
            return {}
        values = [parameter_value_to_python(value) for value in question.answer.values]
        return {n: v for n, v in zip(names, values, strict=False) if v is not None}

    def trigger(self, service: str) -> str:
        """Call a service of type Trigger; returns '' or why it did not succeed."""
        client = self.create_client(Trigger, service)
        if not self.spin_until(client.service_is_ready, _ANSWER_S):
            return f'no service {service}'
        succeeded, said = self._call(client, _ANSWER_S)
        return '' if succeeded else said

    def spin_until(self, condition: Callable[[], bool], timeout_s: float) -> bool:
        """Serve callbacks until a condition holds; False when it did not in time."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > deadline:
                return False
            rclpy.spin_once(self, timeout_sec=0.02)
        return True

    def _call(self, client: Client, timeout_s: float) -> tuple[bool, str]:
        node, _, _ = client.srv_name.rpartition('/')
        order = Question(client, Trigger.Request())
        for question in (introduction(self, node), order):
            if not self.spin_until(question.is_answered, timeout_s):
                return False, f'{client.srv_name} does not answer'
        return order.answer.success, order.answer.message

    def _on_joints(self, source: JointSource, msg: JointState) -> None:
        self._on_stamp(source.topic, msg)
        msg.name = source.names(msg.name)
        try:
            sample = merge_msg(self._merge, msg, self.now_ns())
        except VlaError as error:
            self.get_logger().error(str(error), throttle_duration_sec=5.0)
            return
        if sample is not None:
            self.positions.append((sample.stamp_ns, sample.position))

    def _on_image(self, topic: str, msg: Any) -> None:
        self._on_stamp(topic, msg)
        self.images[topic].append(msg)

    def _on_stamp(self, topic: str, msg: Any) -> None:
        self._arrivals[topic].append(self.now_ns() if self._is_simulated else time.monotonic_ns())
        self._ages[topic].append((self.now_ns() - from_stamp(msg.header.stamp)) / 1e9)

    def _on_e_stop(self, msg: Bool) -> None:
        if msg.data:
            self.pressed_ns = self.now_ns()

    def _on_status(self, msg: DiagnosticStatus) -> None:
        try:
            self.filter_status = status_of(msg)
        except ContractError as error:
            self.get_logger().error(str(error), throttle_duration_sec=5.0)
