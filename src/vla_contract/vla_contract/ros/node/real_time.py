"""Lets the threads that command an arm run before everything else on their machine."""

from contextlib import suppress
import os
import threading

_CURE = "allow it with 'USER - rtprio 99' in /etc/security/limits.conf, or set it to 0"


def take_real_time(priority: int) -> str:
    """Give this process's threads a priority of the scheduler SCHED_FIFO.

    They then wait for no thread without one. As controller_manager of ros2_control does; what they
    start does not inherit it. The calling thread gets `priority`, the others, among them those
    with which DDS receives, one less: a cycle must not wait for messages, nor messages for other
    programs. To be called when the node exists, and its threads with it.

    Args:
        priority: 1 (low) to 99; 0 leaves everything as it is.

    Returns:
        '' or why the system refused.
    """
    if not priority:
        return ''
    try:
        _set(0, priority)
        for thread in _other_threads():
            with suppress(ProcessLookupError):  # it has just ended
                _set(thread, max(1, priority - 1))
    except (AttributeError, OSError) as error:
        return f'no real-time priority {priority} ({error}): cycles may come late; {_CURE}'
    return ''


def _set(thread: int, priority: int) -> None:
    policy = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
    os.sched_setscheduler(thread, policy, os.sched_param(priority))


def _other_threads() -> list[int]:
    own = threading.get_native_id()
    return [int(name) for name in os.listdir('/proc/self/task') if int(name) != own]
