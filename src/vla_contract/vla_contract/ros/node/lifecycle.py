"""The base of every node: one road through its states, loud errors, one teardown.

rclpy swallows exceptions of transition callbacks; here they are logged and fail the transition.
"""

from collections.abc import Callable
import sys
import time
import traceback
from typing import Any, ClassVar

from rcl_interfaces.msg import ParameterDescriptor, SetParametersResult
import rclpy
from rclpy.duration import Duration
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from rclpy.signals import SignalHandlerOptions
from vla_contract.cli.command import DONE, NOT_GOOD_ENOUGH, WRONG_USE
from vla_contract.cli.terminal import print_error
from vla_contract.errors import VlaError
from vla_contract.ros.node.ending import ENDING
from vla_contract.ros.node.graph_arguments import CLOCK_RULE
from vla_contract.ros.node.node_help import node_help, own_arguments, wants_help
from vla_contract.ros.node.only_one import OnlyOne
from vla_contract.ros.node.parameters import declare_settings, fixed_while_active, read_settings
from vla_contract.ros.node.real_time import take_real_time

# How long a signal, or a failure in another thread, may wait for a node that has nothing to do.
_POLL_S = 0.2
# A subscriber that answers needs milliseconds; one that died is not waited for.
_DELIVERY_S = 0.3


class VlaNode(LifecycleNode):
    """A lifecycle node whose subclasses fill in four verbs: build, start, stop, destroy.

    With the parameter `autostart` the node configures and activates itself; a node that cannot
    ends its process with a non-zero status and one sentence.
    """

    settings_type: ClassVar[type[Any]]

    def __init__(self, name: str) -> None:
        """Declare the parameters; nothing else exists before configuration.

        Raises:
            SettingError: a parameter is unknown, of the wrong type or out of range.
        """
        super().__init__(name)
        self.is_active = False
        self._failure = ''
        self._has_failed = False
        self._inherited: set[Any] = set()
        doc = ParameterDescriptor(description='configure and activate at start', read_only=True)
        self.declare_parameter('autostart', False, doc)
        declare_settings(self, self.settings_type)
        self._fixed = fixed_while_active(self.settings_type)
        self.add_on_set_parameters_callback(self._refuse_change)

    def build(self, settings: Any) -> None:
        """Create core objects, publishers and subscriptions; may raise VlaError."""
        raise NotImplementedError

    def start(self) -> None:
        """Begin to act."""

    def stop(self) -> None:
        """Cease to act, safely."""

    def destroy(self) -> None:
        """End threads and free devices; must survive a half-finished `build`.

        Publishers, subscriptions, services and timers are removed by the base.
        """

    def now_ns(self) -> int:
        """Return the time of the node's clock [ns]."""
        return int(self.get_clock().now().nanoseconds)

    def fail(self, reason: str) -> None:
        """End the process with an error, from any thread; the node stops first."""
        self._failure = reason
        self.get_logger().fatal(reason)
        self._has_failed = True

    @property
    def has_failed(self) -> bool:
        """Whether the process is to end with an error."""
        return self._has_failed

    @property
    def failure(self) -> str:
        """Why the node failed, empty while it has not."""
        return self._failure

    def autostart(self) -> bool:
        """Configure and activate if the parameter says so; return whether the node may go on."""
        if not self.get_parameter('autostart').value:
            return True
        success = TransitionCallbackReturn.SUCCESS
        return self.trigger_configure() == success and self.trigger_activate() == success

    def shut_down(self) -> None:
        """Stop and destroy, from whatever state the node is in."""
        if self.is_active:
            self._attempt('stop', self.stop)
            self._attempt('deliver', self._deliver)
            self.is_active = False
        self._attempt('destroy', self._destroy_all)

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Read the parameters and build."""
        self._inherited = set(self._interfaces())
        with ENDING.interrupting():
            return self._attempt(
                'configure', lambda: self.build(read_settings(self, self.settings_type)), undo=True
            )

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Start."""
        super().on_activate(state)
        result = self._attempt('activate', self.start)
        self.is_active = result == TransitionCallbackReturn.SUCCESS
        return result

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop."""
        result = self._attempt('deactivate', self.stop)
        # One that could not stop is active still, also for rclpy: its end tries again.
        self.is_active = result != TransitionCallbackReturn.SUCCESS
        super().on_deactivate(state)
        return result

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Destroy."""
        return self._attempt('cleanup', self._destroy_all)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop if needed, then destroy."""
        self.shut_down()
        return TransitionCallbackReturn.SUCCESS

    def trigger_shutdown(self) -> TransitionCallbackReturn:
        """Shut down from whatever state has such a transition."""
        return self._unless_refused('shutdown', super().trigger_shutdown)

    def _LifecycleNodeMixin__change_state(self, transition: int) -> TransitionCallbackReturn:  # noqa: N802
        """Make a transition, for the service and for every `trigger_...`.

        In rclpy 7.1 one that the state does not have raises out of the executor and ends the
        process (rclpy#1209; later versions answer as this does).
        """
        change = super()._LifecycleNodeMixin__change_state
        return self._unless_refused(f'transition {transition}', lambda: change(transition))

    def _unless_refused(
        self, what: str, change: Callable[[], TransitionCallbackReturn]
    ) -> TransitionCallbackReturn:
        state = self._state_machine.current_state[1]
        try:
            return change()
        except rclpy_implementation.RCLError as error:
            reason = str(error).splitlines()[0]
            self.get_logger().error(f'{what} refused in state {state}: {reason}')
            return TransitionCallbackReturn.FAILURE

    def _refuse_change(self, parameters: list[Parameter]) -> SetParametersResult:
        """Refuse what would change the rules while the node acts by them."""
        for changed in parameters if self.is_active else ():
            name = changed.name
            is_same = self.get_parameter_or(name, changed).value == changed.value
            if name in self._fixed and not is_same:
                reason = f'{name} may not change while {self.get_name()} is active: deactivate it'
                return SetParametersResult(successful=False, reason=reason)
        return SetParametersResult(successful=True)

    def _deliver(self) -> None:
        """Give the last messages time to arrive: the last command is the one that stops."""
        end = time.monotonic() + _DELIVERY_S
        for publisher in self.publishers:
            publisher.wait_for_all_acked(Duration(seconds=max(0.0, end - time.monotonic())))

    def _interfaces(self) -> list[Any]:
        return [*self.publishers, *self.subscriptions, *self.services, *self.timers]

    def _destroy_all(self) -> None:
        """Call `destroy`, then remove every interface that `build` created."""
        self.destroy()
        removers = (
            (self.publishers, self.destroy_publisher),
            (self.subscriptions, self.destroy_subscription),
            (self.services, self.destroy_service),
            (self.timers, self.destroy_timer),
        )
        for interfaces, remove in removers:
            for interface in [i for i in interfaces if i not in self._inherited]:
                remove(interface)

    def _attempt(
        self, what: str, body: Callable[[], None], undo: bool = False
    ) -> TransitionCallbackReturn:
        try:
            body()
        except VlaError as error:
            self._failure = str(error)
        except Exception as error:  # noqa: BLE001 - rclpy would swallow it; here it is reported
            self._failure = f'{what} failed: {type(error).__name__}: {error}'
            self.get_logger().error(traceback.format_exc())
        else:
            return TransitionCallbackReturn.SUCCESS
        self.get_logger().error(self._failure)
        if undo:
            reason = self._failure
            self._attempt('destroy', self._destroy_all)
            self._failure = reason
        return TransitionCallbackReturn.FAILURE


def run_node(node_type: type[VlaNode], realtime: str = '') -> int:
    """Run a node until it is told to stop; with --help say what it is instead.

    Args:
        node_type: the node.
        realtime: name of its parameter that says with which real-time priority to run it; '' for
            a node that can wait.

    Returns:
        0 after an orderly end, 1 when the node failed at work, 2 when it could not start.
    """
    if wants_help(sys.argv[1:]):
        print(node_help(node_type))
        return DONE
    if unknown := own_arguments(sys.argv[1:]):
        allowed = 'parameters as --ros-args -p NAME:=VALUE; --help lists them'
        print_error(f'unknown argument {unknown[0]}; allowed: {allowed}')
        return WRONG_USE
    # A node that is told to end has work left, such as braking the arm: rclpy's own handlers would
    # take the context away before that.
    ENDING.listen()
    rclpy.init(args=[*sys.argv, *CLOCK_RULE], signal_handler_options=SignalHandlerOptions.NO)
    node: VlaNode | None = None
    problem, status = '', DONE
    try:
        with ENDING.interrupting():
            node = node_type()  # type: ignore[call-arg]  # each node names itself
        only_one = OnlyOne(node)
        _work(node, only_one, realtime)
        if node.has_failed:
            problem, status = f'{node.get_name()}: {node.failure}', NOT_GOOD_ENOUGH
    except VlaError as error:
        problem, status = str(error), WRONG_USE
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except Exception as error:  # noqa: BLE001 - what a callback raises; the arm is stopped first
        # A signal that breaks off rclpy's conversion of a value comes out of it as this.
        if not (ENDING.came and isinstance(error, RuntimeError)):
            problem, status = f'{type(error).__name__}: {error}', NOT_GOOD_ENOUGH
            traceback.print_exc()
    finally:
        ENDING.ignore()
        if node is not None:
            node.shut_down()
            node.destroy_node()
        rclpy.try_shutdown()
    if problem:
        print_error(problem)
    return status


def _work(node: VlaNode, only_one: OnlyOne, realtime: str) -> None:
    """Start a node and serve its callbacks until it is told to stop.

    Raises:
        VlaError: it cannot start.
    """
    if realtime and (refusal := take_real_time(node.get_parameter(realtime).value)):
        node.get_logger().warning(refusal)
    if not (node.autostart() or ENDING.came):
        raise VlaError(f'{node.get_name()}: {node.failure}')
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    while rclpy.ok() and not (ENDING.came or node.has_failed):
        # Python runs signal handlers between calls only.
        executor.spin_once(timeout_sec=_POLL_S)
        only_one.check()
