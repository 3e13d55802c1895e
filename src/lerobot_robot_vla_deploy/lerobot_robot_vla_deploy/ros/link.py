"""The robot's graph, for a loop that looks and sends at its own pace."""

from collections.abc import Callable, Collection
import threading
import time

from lerobot_robot_vla_deploy.errors import ArmStandsError, NotReadyError
from lerobot_robot_vla_deploy.ros.camera_eye import CameraEye
from lerobot_robot_vla_deploy.ros.filter_ear import FILTER, FilterEar
from lerobot_robot_vla_deploy.standing import is_news, why_it_stands
import rclpy
from rclpy.clock import Clock, ClockType
from rclpy.context import Context
from rclpy.parameter import Parameter
from rclpy.signals import SignalHandlerOptions
from trajectory_msgs.msg import JointTrajectory
from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import SettingError, VlaError
from vla_contract.joints.joint_age import JointAges
from vla_contract.joints.target_stream import TargetStream
from vla_contract.ros.listening.joint_states_reader import JointStatesReader
from vla_contract.ros.messages.joints import chunk_to_msg
from vla_contract.ros.node.built import built
from vla_contract.ros.node.graph_arguments import CLOCK_RULE, namespace_rule, publishers_of
from vla_contract.ros.node.node_thread import NodeThread
from vla_contract.ros.qos import COMMAND
from vla_contract.ros.watcher import Watcher
from vla_contract.values import Image, JointSample, Vector

_NAME = 'lerobot_robot_vla_deploy'
_CHUNKS = 'policy_chunk'
_POLL_S = 0.02
# Five within the half second after which the action filter brakes.
_BEAT_S = 0.1
# Of a chunk, from here to a cycle of the filter: 2 to 5 ms on one machine, and one cycle.
_DELIVERY_S = 0.01
# A loaded machine draws or sends an image late now and then.
_PATIENCE_S = 2.0
# More chunks than the filter can have answered for.
_MOST_SENT = 256


class RobotLink:
    """A node beside the loop: a thread serves it, the loop takes what it wants to see.

    While it is open, a filter that requires it hears that somebody watches the arm. A loop that
    pauses, such as to save an episode, lets the arm come to rest at its last target.
    """

    def __init__(
        self,
        deployment: Deployment,
        cameras: Collection[str],
        namespace: str,
        tell: Callable[[str], None],
    ) -> None:
        """Join the graph.

        Args:
            deployment: of the robot.
            cameras: names of those whose images are wanted.
            namespace: of the robot, '' for none.
            tell: takes a sentence for the operator.
        """
        self._cell, self._tell = deployment.cell, tell
        self._period_s = 1.0 / deployment.policy.rate_hz
        self._context = Context()
        rclpy.init(
            args=[*namespace_rule(namespace), *CLOCK_RULE],
            context=self._context,
            signal_handler_options=SignalHandlerOptions.NO,
        )
        self._thread = NodeThread(_NAME, self._context)
        self._node = node = self._thread.node
        cell = self._cell
        self._filter = FilterEar(node, cell)
        self._joints, self._ages = JointStatesReader(node, cell), JointAges(cell)
        self._sample: JointSample | None = None
        self._eyes = {
            name: CameraEye(node, cell.camera(name), cell.deadlines.image_age_s)
            for name in cameras
        }
        self._chunks = node.create_publisher(JointTrajectory, _CHUNKS, COMMAND)
        self._watcher: Watcher | None = None
        self._watching = threading.Lock()
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        node.create_timer(_BEAT_S, self._beat, clock=steady)
        self._stream: TargetStream | None = None
        self._sent_ns: list[int] = []
        self._told = ''
        self._thread.start()

    def wait_until_ready(self, timeout_s: float) -> None:
        """Wait until the arm would follow.

        Raises:
            NotReadyError: something is missing for so long; says what.
            SettingError: the filter runs with settings under which chunks move nothing.
        """
        deadline = time.monotonic() + timeout_s
        while problem := self._problem():
            if time.monotonic() > deadline:
                raise NotReadyError(timeout_s, problem)
            time.sleep(_POLL_S)
        lead_s = self._filter.parameters()['lead_s'] + _DELIVERY_S
        self._stream = TargetStream(self._cell, lead_s, self._period_s)
        self._told = built(self._filter.status).message  # of whoever sent chunks before
        self._restart()

    def joints(self) -> JointSample:
        """Return what is measured of the joints now.

        Raises:
            ArmStandsError: a driver has fallen silent.
        """
        self._require(self._joints_problem)
        return built(self._sample)

    def images(self) -> dict[str, Image]:
        """Return the newest image of each camera, by its name.

        Raises:
            ArmStandsError: a camera has fallen silent.
        """
        self._require(self._images_problem)
        return {name: built(eye.image) for name, eye in self._eyes.items()}

    def send(self, target: Vector) -> Vector:
        """Ask the filter for a target, and return what the arm was told last.

        Args:
            target: finite, shape (D,) [rad or m].

        Returns:
            Newest command of the filter, shape (D,); before its first, where the arm is.

        Raises:
            ArmStandsError: the arm does not follow; says why.
        """
        self._require_that_it_follows()
        if self._filter.refused_ns.intersection(self._sent_ns):
            self._restart()
        chunk = built(self._stream).chunk(target, self._now_ns())
        if chunk is not None:
            self._chunks.publish(chunk_to_msg(chunk, self._cell.joint_names))
            self._sent_ns = [*self._sent_ns[-_MOST_SENT:], chunk.stamp_ns]
        return self._commanded()

    def close(self) -> None:
        """Leave the graph; the arm comes to rest at its last target, and holds."""
        with self._watching:
            # A beat after the last word would be missed later, and the filter would hold the arm.
            watcher, self._watcher = self._watcher, None
            if watcher is not None:
                watcher.close()
        self._thread.close()
        rclpy.try_shutdown(context=self._context)

    def _problem(self) -> str:
        """Return what is missing for the arm to follow, '' when nothing is."""
        heard = self._filter
        if not heard.is_there:
            domain, name = self._context.get_domain_id(), self._node.resolve_service_name(FILTER)
            return f'node {name} does not answer on ROS_DOMAIN_ID {domain}; start it'
        self._adopt(heard.parameters())
        if self._now_ns() == 0:
            return 'no simulated time on clock; start the simulator'
        status = heard.status
        if heard.problem:
            return heard.problem
        others = self._other_publishers()
        if others:
            return f'{_CHUNKS} is published by {others} too; end it first'
        if status is None:
            return f'{FILTER} is not active; activate it, on a real robot by supervisor/release'
        if problem := self._joints_problem() or why_it_stands(status):
            return problem
        if problem := self._images_problem():
            return problem
        return '' if self._chunks.get_subscription_count() else f'nobody listens to {_CHUNKS}'

    def _adopt(self, parameters: dict[str, object]) -> None:
        """Go by the clock of the filter.

        Raises:
            SettingError: chunks would move nothing.
        """
        if parameters['input'] != _CHUNKS:
            raise SettingError(FILTER, 'input', repr(parameters['input']), _CHUNKS)
        if parameters['dry_run']:
            raise SettingError(FILTER, 'dry_run', 'true, which moves nothing', 'false')
        if parameters['require_watch'] and self._watcher is None:
            self._watcher = Watcher(self._node, 'lerobot')
        clock = Parameter('use_sim_time', value=parameters['use_sim_time'])
        if self._node.get_parameter('use_sim_time').value != clock.value:
            self._node.set_parameters([clock])

    def _beat(self) -> None:
        with self._watching:
            if self._watcher is not None:
                self._watcher.beat()

    def _other_publishers(self) -> str:
        if publishers_of(self._node, _CHUNKS) < 2:
            return ''
        topic = self._node.resolve_topic_name(_CHUNKS)
        names = [info.node_name for info in self._node.get_publishers_info_by_topic(topic)]
        return ', '.join(sorted({name for name in names if name != _NAME})) or _NAME

    def _joints_problem(self) -> str:
        now_ns = self._now_ns()
        self._sample = self._joints.poll(now_ns) or self._sample
        if self._sample is None:
            return self._joints.missing or self._joints.problem or 'no joint_states'
        return self._ages.problem(self._sample, now_ns)

    def _images_problem(self) -> str:
        now_ns = self._now_ns()
        return next(filter(None, (eye.look(now_ns) for eye in self._eyes.values())), '')

    def _require(self, problem_of: Callable[[], str]) -> None:
        """Wait a little for what is late; a loop that waits lets the arm come to rest."""
        deadline = time.monotonic() + _PATIENCE_S
        while problem := problem_of():
            if time.monotonic() > deadline:
                raise ArmStandsError(f'{problem}; see that its driver runs')
            time.sleep(_POLL_S)

    def _require_that_it_follows(self) -> None:
        if self._thread.error is not None:
            raise self._thread.error
        heard, status = self._filter, self._filter.status
        if heard.has_fallen_silent:
            raise ArmStandsError(f'{FILTER} has fallen silent; start it again')
        if status is None or self._stream is None:
            raise VlaError('the robot is not ready; call connect')
        if problem := heard.problem or why_it_stands(status):
            raise ArmStandsError(problem)
        news = status.message if is_news(status) else ''
        if news and news != self._told:
            self._tell(f'{FILTER}: {news}')
        self._told = news

    def _restart(self) -> None:
        """Stream from where the arm is told to be: what was sent before was not taken."""
        self._filter.refused_ns = set()
        self._sent_ns = []
        built(self._stream).restart(self._commanded())

    def _commanded(self) -> Vector:
        command = self._filter.command()
        return self.joints().position if command is None else command

    def _now_ns(self) -> int:
        return int(self._node.get_clock().now().nanoseconds)
