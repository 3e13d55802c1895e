"""What every test of a node needs: a domain of its own, and rclpy up and down."""

from collections.abc import Iterator
import fcntl
import os
from pathlib import Path
import tempfile
from typing import TextIO

import pytest
import rclpy

# Domains above 101 would need ports that the system gives to others (ROS 2 documentation).
_DOMAINS = range(1, 102)


def _take_domain() -> tuple[int, TextIO]:
    """Return a domain that no other test process uses, and the lock that keeps it ours."""
    for domain in _DOMAINS:
        lock = (Path(tempfile.gettempdir()) / f'vla_test_domain_{domain}.lock').open('w')
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
        else:
            return domain, lock
    raise RuntimeError('all ROS domains are taken by other tests')


# Tests that run side by side must not hear each other: a simulator's images, stamped by its own
# clock, made another package's camera stale. The lock ends with the process.
_domain, _lock = _take_domain()
os.environ['ROS_DOMAIN_ID'] = str(_domain)
os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'


@pytest.fixture
def ros() -> Iterator[None]:
    """Initialise rclpy for one test."""
    rclpy.init()
    yield
    rclpy.try_shutdown()
