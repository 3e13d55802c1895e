"""A ROS domain that no other process of this machine has taken."""

import fcntl
import os
from pathlib import Path
import tempfile

from vla_contract.errors import VlaError

# Domains above 101 would need ports that the system gives to others (ROS 2 documentation).
_DOMAINS = range(1, 102)
# Kept open: the locks end with the process.
_locks: list[int] = []


def take_domain() -> int:
    """Return a domain that is ours until this process ends.

    Graphs that run side by side must not hear each other: a simulator's images, stamped by its own
    clock, make another graph's camera stale.

    Raises:
        VlaError: others have taken them all.
    """
    for domain in _DOMAINS:
        path = Path(tempfile.gettempdir()) / f'vla_domain_{domain}.lock'
        try:
            # The folder is everybody's: a link that somebody left there leads to a file of ours.
            lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError:  # another user's, or a link
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
        else:
            _locks.append(lock)
            return domain
    raise VlaError(f'ROS_DOMAIN_ID: {_DOMAINS[0]} to {_DOMAINS[-1]} are all taken here; end one')


def enter_own_domain() -> None:
    """Keep this process, and those that it starts from now on, among themselves on this machine.

    Call it before rclpy.init, from a command or a fixture: what a module does when it is imported
    would take whoever imports it out of its domain.

    Raises:
        VlaError: others have taken all domains.
    """
    os.environ['ROS_DOMAIN_ID'] = str(take_domain())
    os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
