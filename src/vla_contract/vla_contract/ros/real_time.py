"""Lets the thread that commands an arm run before everything else on its machine."""

import os

_CURE = "allow it with 'USER - rtprio 99' in /etc/security/limits.conf, or set it to 0"


def take_real_time(priority: int) -> str:
    """Give the calling thread a priority of the scheduler SCHED_FIFO.

    It then waits for no thread without one. As controller_manager of ros2_control does; what this
    thread starts does not inherit it.

    Args:
        priority: 1 (low) to 99; 0 leaves everything as it is.

    Returns:
        '' or why the system refused.
    """
    if not priority:
        return ''
    try:
        policy = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
        os.sched_setscheduler(0, policy, os.sched_param(priority))
    except (AttributeError, OSError) as error:
        return f'no real-time priority {priority} ({error}): cycles may come late; {_CURE}'
    return ''
