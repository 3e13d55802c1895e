"""The base of every node: one road through its states, loud errors, one teardown.

rclpy swallows exceptions of transition callbacks; here they are logged and fail the transition.
"""

from collections.abc import Callable
import signal
import sys
import traceback
from types import FrameType
from typing import Any, ClassVar

from rcl_interfaces.msg import ParameterDescriptor
import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.signals import SignalHandlerOptions
from vla_contract.command import DONE, NOT_GOOD_ENOUGH, WRONG_USE
from vla_contract.errors import VlaError
from vla_contract.ros.parameters import declare_settings, read_settings
from vla_contract.ros.real_time import take_real_time

# How long a signal may wait for a node that has nothing to do.
_SIGNAL_POLL_S = 0.2


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
        self._inherited: set[Any] = set()
        doc = ParameterDescriptor(description='configure and activate at start', read_only=True)
        self.declare_parameter('autostart', False, doc)
        declare_settings(self, self.settings_type)

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
        """End the process with an error, from any thread."""
        self._failure = reason
        self.get_logger().fatal(reason)
        rclpy.try_shutdown()

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
            self.is_active = False
        self._attempt('destroy', self._destroy_all)

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Read the parameters and build."""
        self._inherited = set(self._interfaces())
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
        self.is_active = False
        super().on_deactivate(state)
        return result

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Destroy."""
        return self._attempt('cleanup', self._destroy_all)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop if needed, then destroy."""
        self.shut_down()
        return TransitionCallbackReturn.SUCCESS

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


class _Interrupt:
    """Raises KeyboardInterrupt wherever a signal comes, and remembers that one came."""

    def __init__(self) -> None:
        self.came = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self.came = True
        raise KeyboardInterrupt


def run_node(node_type: Callable[[], VlaNode], realtime: str = '') -> int:
    """Run a node until it is told to stop.

    Args:
        node_type: the node.
        realtime: name of its parameter that says with which real-time priority to run it; '' for
            a node that can wait.

    Returns:
        0 after an orderly end, 1 when the node failed at work, 2 when it could not start.
    """
    # A node that is told to end has work left, such as braking the arm: rclpy's own handlers would
    # take the context away before that.
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    interrupt = _Interrupt()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
    node: VlaNode | None = None
    failure = ''
    try:
        node = node_type()
        if realtime and (problem := take_real_time(node.get_parameter(realtime).value)):
            node.get_logger().warning(problem)
        if not node.autostart():
            print(f'error: {node.get_name()}: {node.failure}', file=sys.stderr)
            return WRONG_USE
        executor = SingleThreadedExecutor()
        executor.add_node(node)
        while rclpy.ok():
            # Python runs signal handlers between calls only.
            executor.spin_once(timeout_sec=_SIGNAL_POLL_S)
    except VlaError as error:
        print(f'error: {error}', file=sys.stderr)
        return WRONG_USE
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except RuntimeError:
        # What a signal raises while rclpy converts a message, comes out of it as this.
        if not interrupt.came:
            raise
    finally:
        # One signal ends the node; another must not interrupt it while it stops the arm.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        if node is not None:
            failure = node.failure and f'{node.get_name()}: {node.failure}'
            node.shut_down()
            node.destroy_node()
        rclpy.try_shutdown()
    if failure:
        print(f'error: {failure}', file=sys.stderr)
        return NOT_GOOD_ENOUGH
    return DONE
