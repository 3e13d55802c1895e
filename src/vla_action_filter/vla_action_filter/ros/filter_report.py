"""What the filter tells everybody: desired, action, status, markers."""

from array import array
from collections.abc import Callable, Mapping

from diagnostic_msgs.msg import DiagnosticStatus
from sensor_msgs.msg import JointState
from vla_action_filter.output.command_loop import CommandLoop, Orders
from vla_action_filter.ros.markers import MarkerPublisher
from vla_action_filter.verdict import FilterResult, State
from vla_contract.deployment.cell import Cell
from vla_contract.filter_status import FilterStatus, Reason, Verdict
from vla_contract.ros.messages.stamps import to_time
from vla_contract.ros.node.diagnostics import ERROR, Health, OK, status_msg, WARN
from vla_contract.ros.node.lifecycle import VlaNode
from vla_contract.ros.qos import COMMAND, STATE
from vla_contract.values import to_ns

_LEVELS = {Verdict.PASS: OK, Verdict.CLAMP: OK, Verdict.HOLD: WARN}
_UNKNOWN = FilterResult(None, Verdict.HOLD, (Reason('inactive'),))
_STATUS_PERIOD_NS = to_ns(0.1)


class FilterReport:
    """Publishes what is played in every cycle, and the status at its rate and on news.

    Attributes:
        result: of the newest cycle.
        action_pub: publisher of what the arm is told.
    """

    def __init__(
        self,
        node: VlaNode,
        cell: Cell,
        loop: CommandLoop,
        more: Callable[[], Mapping[str, object]],
    ) -> None:
        """Create the publishers.

        Args:
            node: publishes.
            cell: whose joints.
            loop: the filter at work.
            more: values of the status beside those of the filter.

        Raises:
            ContractError: the model for the markers cannot be used.
        """
        self._node, self._names, self._loop, self._more = node, cell.joint_names, loop, more
        self._status_pub = node.create_publisher(DiagnosticStatus, 'action_filter/status', STATE)
        self._desired_pub = node.create_publisher(JointState, 'action_filter/desired', COMMAND)
        self.action_pub = node.create_publisher(JointState, 'action_filter/action', COMMAND)
        self._markers = MarkerPublisher(node, cell)
        self._status_ns = self._since_ns = 0
        self.restart()

    def restart(self) -> None:
        """Forget what was told last."""
        self.result = _UNKNOWN

    def play(self, orders: Orders) -> None:
        """Publish the commands that came due, with what the plan asked for at each."""
        for time_ns, command, desired in orders.played:
            asked, sent = (JointState(name=list(self._names)) for _ in range(2))
            asked.header.stamp = sent.header.stamp = to_time(time_ns)
            if desired is not None:
                asked.position = array('d', desired.position)
                asked.velocity = array('d', desired.velocity)
            sent.position = array('d', command)
            self._desired_pub.publish(asked)
            self.action_pub.publish(sent)

    def tell(self, now_ns: int, result: FilterResult) -> None:
        """Publish status and markers at their rate, and status at once when there is news."""
        before, self.result = self.result, result
        is_due = now_ns - self._status_ns >= _STATUS_PERIOD_NS
        # What was decided of chunks and since when a verdict holds is told before the commands of
        # that time come due, so that who listens can tell which is which.
        is_news = self._loop.since_ns != self._since_ns or result.state is not before.state
        self._since_ns = self._loop.since_ns
        if result.state is State.STOPPED is not before.state:
            text = f'latched: {result.reason}; action_filter/reset lets go'
            self._node.get_logger().error(text)
        if is_due:
            self._status_ns = now_ns
        if is_due or is_news or self._loop.filter.chunk_log.has_news:
            self.publish_status()
        if is_due and self._markers.is_watched:
            self._markers.publish(now_ns, result, self._loop.filter.plan.chunk)

    def publish_status(self) -> None:
        """Publish the status, and forget which chunks came since the last one."""
        status = self._status()
        values = {**self._values(), **status.values()}
        health = Health(_level(status), status.message, values)
        self._status_pub.publish(status_msg('action_filter', health))
        self._loop.filter.chunk_log.clear()

    def health(self) -> Health:
        """Return what diagnostics should say."""
        status = self._status()
        return Health(_level(status), status.message, {'state': status.state, **self._values()})

    def _status(self) -> FilterStatus:
        if not self._node.is_active:
            return FilterStatus(None)
        core, result = self._loop.filter, self.result
        return FilterStatus(
            result.verdict,
            result.reason,
            self._loop.since_ns,
            self._loop.due_ns,
            self._loop.is_streaming,
            result.state.value,
            core.chunk_log.taken,
            core.chunk_log.refused,
            core.progress,
            core.counters,
            result.human,
        )

    def _values(self) -> dict[str, object]:
        if not self._node.is_active:
            return {}
        return {**self._loop.filter.report(), **self._more()}


def _level(status: FilterStatus) -> bytes:
    return OK if status.verdict is None else _LEVELS.get(status.verdict, ERROR)
